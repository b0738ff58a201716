//! How long a lock is held.

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::poison::lock;

/// Something to do, once, on any thread.
pub type Job = Box<dyn FnOnce() + Send>;

// ANCHOR: work_under_lock
/// Does jobs until there are no more, each with the lock still held.
pub fn work_under_lock(jobs: &Mutex<Receiver<Job>>) {
    while let Ok(job) = lock(jobs).recv() {
        job();
    }
}
// ANCHOR_END: work_under_lock

// ANCHOR: work_after_lock
/// Does jobs until there are no more, each after the lock is let go.
pub fn work_after_lock(jobs: &Mutex<Receiver<Job>>) {
    loop {
        // A line of its own: the guard is dropped at the semicolon.
        let Ok(job) = lock(jobs).recv() else { break };
        job();
    }
}
// ANCHOR_END: work_after_lock

/// Runs the jobs on as many threads as `workers`, each of which does `work`.
pub fn run(workers: usize, jobs: Vec<Job>, work: fn(&Mutex<Receiver<Job>>)) {
    let (tx, rx) = mpsc::channel();
    for job in jobs {
        let _ = tx.send(job); // Fails only once the receiver is gone, and it is here.
    }
    drop(tx); // No more will come: without this the workers would wait for ever.
    let rx = Mutex::new(rx);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&rx));
        }
    });
}

// ANCHOR: held_in_match
/// Whether the lock is still held in an arm of the `match` that looked behind it.
pub fn held_in_match(page: &Mutex<Option<String>>) -> bool {
    match lock(page).as_deref() {
        Some(_) => false,
        None => page.try_lock().is_err(), // `lock` would wait here for ever.
    }
}

/// Whether the lock is still held in the `else` of the `if let` that looked behind it.
pub fn held_in_else(page: &Mutex<Option<String>>) -> bool {
    if let Some(_page) = lock(page).as_deref() { false } else { page.try_lock().is_err() }
}
// ANCHOR_END: held_in_match

/// Runs as many jobs as workers. Each waits until all of them run at once, or until
/// `patience` is over for one of them.
///
/// Returns the most jobs that ran at once.
pub fn peak(
    workers: usize,
    patience: Duration,
    work: fn(&Mutex<Receiver<Job>>),
) -> usize {
    let meeting = Arc::new(Meeting::new(workers));
    let job = |_| -> Job {
        let meeting = Arc::clone(&meeting);
        Box::new(move || meeting.attend(patience))
    };
    run(workers, (0..workers).map(job).collect(), work);
    meeting.peak()
}

/// A barrier that gives up: for jobs that ought to run at once, and perhaps cannot.
#[derive(Debug)]
struct Meeting {
    expected: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    here: usize,
    peak: usize,
    /// All have met, or one has waited long enough for all of them.
    over: bool,
}

impl Meeting {
    fn new(expected: usize) -> Self {
        Self { expected, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Stays until all are here at once, or one has waited for `patience`.
    fn attend(&self, patience: Duration) {
        let mut state = lock(&self.state);
        state.here += 1;
        state.peak = state.peak.max(state.here);
        state.over |= state.here == self.expected;
        self.changed.notify_all();
        let waited =
            self.changed.wait_timeout_while(state, patience, |state| !state.over);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.over = true;
        state.here -= 1;
        self.changed.notify_all();
    }

    fn peak(&self) -> usize {
        lock(&self.state).peak
    }
}
