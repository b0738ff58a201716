//! Many threads count with one counter.
//!
//! [`count_the_classic_way`], [`count_load_store`], [`count_locked_twice`] and the functions named `lose_..` are wrong on purpose:
//! they compile, and lose updates.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard};
use std::thread;

// Whether poisoned or not: no thread here can leave a count half changed.
use crate::poison::lock;

/// Runs `job` on so many threads at once, and waits for all of them.
///
/// # Panics
///
/// When a job panics, or the operating system has no thread left to give.
fn on_threads(threads: usize, job: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&job);
        }
    });
}

/// The same, and no thread begins before all are there: no thread has ended by then.
fn together(threads: usize, job: impl Fn() + Sync) {
    let (all_there, start) = crossbeam_channel::bounded::<()>(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                // Nothing is ever sent: this ends when the sender is gone, be it by a panic of `spawn`. A barrier would wait on.
                let _ = start.recv();
                job();
            });
        }
        drop(all_there);
    });
}

/// What came of one increment on each of many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classic {
    /// What the counter said in the end.
    pub count: u64,
    /// How many threads, when they came, found another one at work.
    pub met: u64,
}

// ANCHOR: count_the_classic_way
/// Counts to `threads`, one increment a thread, without any care for the others.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn count_the_classic_way(threads: usize) -> Classic {
    let (counter, meetings) = (AtomicU64::new(0), Meetings::default());
    on_threads(threads, || {
        meetings.watch(|| {
            // In two steps. What others add between them is lost.
            let count = counter.load(Ordering::Relaxed);
            counter.store(count + 1, Ordering::Relaxed);
        });
    });
    Classic { count: counter.into_inner(), met: meetings.met() }
}
// ANCHOR_END: count_the_classic_way

/// Counts the threads that come while another one is at work.
#[derive(Debug, Default)]
pub struct Meetings {
    at_work: AtomicU64,
    met: AtomicU64,
}

impl Meetings {
    /// Does `work`, and notes whether another thread was at it.
    pub fn watch(&self, work: impl FnOnce()) {
        // Not Relaxed: what a thread did before it left is seen by the one that comes next.
        if self.at_work.fetch_add(1, Ordering::AcqRel) > 0 {
            self.met.fetch_add(1, Ordering::Relaxed);
        }
        work();
        self.at_work.fetch_sub(1, Ordering::AcqRel);
    }

    /// How many have found another one at work.
    pub fn met(&self) -> u64 {
        self.met.load(Ordering::Relaxed)
    }
}

// ANCHOR: count_locked
/// Counts on all threads, with a lock taken for each increment.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn count_locked(threads: usize, increments: u64) -> u64 {
    let counter = Mutex::new(0);
    together(threads, || {
        for _ in 0..increments {
            *lock(&counter) += black_box(1);
        }
    });
    *lock(&counter)
}
// ANCHOR_END: count_locked

/// Counts on all threads, with an atomic addition for each increment.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn count_atomic(threads: usize, increments: u64) -> u64 {
    let counter = AtomicU64::new(0);
    together(threads, || {
        for _ in 0..increments {
            // Relaxed: nothing but the count itself is told to the other threads.
            counter.fetch_add(black_box(1), Ordering::Relaxed);
        }
    });
    counter.into_inner()
}

// ANCHOR: count_apart
/// Counts on each thread for itself, and adds each thread's sum once, at its end.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn count_apart(threads: usize, increments: u64) -> u64 {
    let counter = AtomicU64::new(0);
    together(threads, || {
        let mut mine = 0;
        for _ in 0..increments {
            mine += black_box(1);
        }
        counter.fetch_add(mine, Ordering::Relaxed);
    });
    counter.into_inner()
}
// ANCHOR_END: count_apart

/// Counts on all threads, and loses what others add between its two steps, where it calls
/// `between`.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn count_load_store(
    threads: usize,
    increments: u64,
    between: impl Fn() + Sync,
) -> u64 {
    let counter = AtomicU64::new(0);
    together(threads, || {
        for _ in 0..increments {
            let count = counter.load(Ordering::Relaxed);
            between();
            // What others have stored meanwhile is overwritten here.
            counter.store(count + black_box(1), Ordering::Relaxed);
        }
    });
    counter.into_inner()
}

// ANCHOR: count_locked_twice
/// Counts on all threads, with the lock held for each step, and free between the two,
/// where it calls `between`.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn count_locked_twice(
    threads: usize,
    increments: u64,
    between: impl Fn() + Sync,
) -> u64 {
    let counter = Mutex::new(0);
    together(threads, || {
        for _ in 0..increments {
            let count = *lock(&counter); // locked, read, unlocked
            between();
            *lock(&counter) = count + black_box(1);
        }
    });
    *lock(&counter)
}
// ANCHOR_END: count_locked_twice

// ANCHOR: lose_one
/// Two threads add 1 each, and neither writes before both have read.
///
/// Hands `count` what to do between reading and writing. Returns the count.
pub fn lose_one(count: impl FnOnce(&(dyn Fn() + Sync)) -> u64) -> u64 {
    let both_have_read = Barrier::new(2);
    count(&|| {
        both_have_read.wait();
    })
}
// ANCHOR_END: lose_one

// ANCHOR: apply
/// Puts `f` of the counter in the counter's place; no other thread's change is lost.
pub fn apply(counter: &Mutex<u64>, f: impl Fn(u64) -> u64) {
    let mut count = lock(counter); // locked until the end of the function
    *count = f(*count);
}
// ANCHOR_END: apply

// ANCHOR: apply_atomic
/// The same without a lock: `f` is called again whenever another thread was faster.
pub fn apply_atomic(counter: &AtomicU64, f: impl Fn(u64) -> u64) {
    counter.update(Ordering::Relaxed, Ordering::Relaxed, f);
}
// ANCHOR_END: apply_atomic

// ANCHOR: promise
const fn is_send<T: Send>() {}
const fn is_sync<T: Sync>() {}

// Evaluated by the compiler: if one of these were false, nothing here would build.
const _: () = {
    is_send::<Mutex<u64>>();
    is_sync::<Mutex<u64>>();
    is_sync::<MutexGuard<'static, u64>>(); // and not Send
};
// ANCHOR_END: promise
