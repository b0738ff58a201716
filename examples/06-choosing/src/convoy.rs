//! Waits beside threads that compute: what a woken thread has to wait for then.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

// ANCHOR: beat
/// Waits so many times, for that long each, and gives by how much each wait was too long.
pub fn beat(waits: usize, length: Duration) -> Vec<Duration> {
    let late = |_| {
        let due = Instant::now() + length;
        thread::sleep(length);
        due.elapsed()
    };
    (0..waits).map(late).collect()
}
// ANCHOR_END: beat

// ANCHOR: beside
/// Does a job while so many threads do a section again and again, and gives what the job
/// came to. They end with their next section; a job that panics leaves them running.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn beside<T>(
    neighbours: usize,
    section: impl Fn() + Sync,
    job: impl FnOnce() -> T,
) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..neighbours {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    section();
                }
            });
        }
        let result = job();
        done.store(true, Ordering::Relaxed);
        result
    })
}
// ANCHOR_END: beside

// ANCHOR: beats
/// How many waits of `length` end while another thread works, which it does for so long
/// or until there are `most`.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn beats_within(work: Duration, most: usize, length: Duration) -> usize {
    let (beats, working) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let neighbour = scope.spawn(|| {
            working.store(true, Ordering::Relaxed);
            let began = Instant::now();
            while beats.load(Ordering::Relaxed) < most && began.elapsed() < work {
                hint::spin_loop();
            }
            working.store(false, Ordering::Relaxed);
        });
        while !neighbour.is_finished() {
            thread::sleep(length);
            if working.load(Ordering::Relaxed) {
                beats.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    beats.into_inner()
}
// ANCHOR_END: beats
