//! Who is at work, how many at once, and on which threads.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::patience::end_at_the_limit;
use crate::web::{count, wanted_in_words};

/// How long a job waits for the others. Nobody waits so long for an answer that is right.
const TOGETHER: Duration = Duration::from_secs(5);

/// How long a job stays when it has met the others: time for jobs that should not be there to show.
const LINGER: Duration = Duration::from_millis(100);

/// Jobs that wait for each other, and are counted: a barrier for work that asks no web.
#[derive(Debug)]
pub struct Gauge {
    wanted: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    inside: usize,
    peak: usize,
    jobs: usize,
    done: usize,
    threads: Vec<ThreadId>,
    /// How many groups have met; a job leaves with its group.
    met: usize,
    waiting: usize,
    broken: bool,
}

impl State {
    fn begin(&mut self) {
        self.jobs += 1;
        let this = thread::current().id();
        if !self.threads.contains(&this) {
            self.threads.push(this);
        }
    }

    fn enter(&mut self) {
        self.begin();
        self.inside += 1;
        self.peak = self.peak.max(self.inside);
    }
}

impl Gauge {
    /// Each job is to meet `together - 1` others.
    ///
    /// It is `const`, so that a test can have one as a `static`, which jobs of all threads may use.
    pub const fn new(together: usize) -> Self {
        let state = State {
            inside: 0,
            peak: 0,
            jobs: 0,
            done: 0,
            threads: Vec::new(),
            met: 0,
            waiting: 0,
            broken: false,
        };
        Self { wanted: together, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// A job: waits until so many are at work together, stays a moment, and ends. It blocks its thread.
    ///
    /// When the others do not come within 5 s, neither this job nor any later one waits for them.
    pub fn work(&self) {
        end_at_the_limit();
        let mut state = self.lock();
        state.enter();
        state.waiting += 1;
        if state.waiting == self.wanted {
            state.waiting = 0;
            state.met += 1;
            self.changed.notify_all();
        } else {
            let group = state.met;
            let others_missing = |state: &mut State| state.met == group && !state.broken;
            let (again, waited) = self
                .changed
                .wait_timeout_while(state, TOGETHER, others_missing)
                .unwrap_or_else(PoisonError::into_inner);
            state = again;
            if waited.timed_out() {
                state.broken = true;
                self.changed.notify_all();
            }
        }
        let broken = state.broken;
        drop(state);
        if !broken {
            thread::sleep(LINGER);
        }
        let mut state = self.lock();
        state.inside -= 1;
        state.done += 1;
    }

    /// A job that waits for nobody: it is counted, and so is its thread.
    pub fn note(&self) {
        let mut state = self.lock();
        state.begin();
        state.done += 1;
    }

    /// A job of a task: is at work for a second of the runtime's clock, and waits for nobody.
    ///
    /// With a clock that stands still that takes no time, and how many are at work together is no luck. Dropped, it has left.
    pub async fn wait(&self) {
        struct Inside<'a>(&'a Gauge);
        impl Drop for Inside<'_> {
            fn drop(&mut self) {
                self.0.lock().inside -= 1;
            }
        }
        self.lock().enter();
        let _inside = Inside(self);
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.lock().done += 1;
    }

    /// How many jobs have begun.
    pub fn jobs(&self) -> usize {
        self.lock().jobs
    }

    /// So many jobs have been done to their end by now. (One that is dropped as it [waits](Gauge::wait) has not.)
    #[track_caller]
    pub fn assert_done(&self, wanted: usize) {
        let seen = self.lock().done;
        let meaning = match seen {
            _ if seen > wanted => "some were done more than once",
            _ => "nobody waited for the others, or they were thrown away",
        };
        assert!(seen == wanted, "{seen} of {wanted} jobs were done: {meaning}");
    }

    /// The threads that have done a job, each once.
    pub fn threads(&self) -> HashSet<ThreadId> {
        self.lock().threads.iter().copied().collect()
    }

    /// At the fullest moment so many jobs were at work, and no more, as [`Gauge::new`] was told.
    #[track_caller]
    pub fn assert_together(&self) {
        let (seen, wanted) = (self.lock().peak, self.wanted);
        let meaning = match seen {
            0 => "none was done",
            1 if wanted > 1 => "they are done one after another",
            _ if seen < wanted => "not all of them are done at the same time",
            _ => "more are done at the same time than should be",
        };
        assert!(
            seen == wanted,
            "{} at work together, and {}: {meaning}",
            jobs(seen),
            wanted_in_words(wanted)
        );
    }

    /// So many threads have done the jobs.
    #[track_caller]
    pub fn assert_threads(&self, wanted: usize) {
        let seen = self.lock().threads.len();
        let meaning = if seen > wanted {
            "new threads are started where those that are there should take the next job"
        } else {
            "some of them never get a job"
        };
        assert!(
            seen == wanted,
            "{} did the jobs, and {}: {meaning}",
            count(seen, "thread"),
            wanted_in_words(wanted)
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn jobs(n: usize) -> String {
    if n == 1 { "1 job was".to_owned() } else { format!("{n} jobs were") }
}
