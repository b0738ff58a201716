//! Jobs that wait for other jobs of a pool.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use crate::{JobPanicked, ThreadPool};

/// Why a job that has two steps came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// Its second step had not run when the patience was over.
    #[error("stalled")]
    Stalled,
    /// One of its steps panicked.
    #[error(transparent)]
    Panicked(#[from] JobPanicked),
}

// ANCHOR: wait_inside
/// Runs a job on each worker of `pool`. A job submits its second step to
/// `second`, and waits for it, no longer than `patience`.
pub fn wait_inside(
    pool: &ThreadPool,
    second: &Arc<ThreadPool>,
    patience: Duration,
) -> Vec<Result<usize, StepError>> {
    let workers = pool.workers();
    let (second, everyone) = (Arc::clone(second), Barrier::new(workers));
    let job = move |n| {
        // From here on all workers are taken.
        everyone.wait();
        let step = second.submit(move || n * n).join_timeout(patience);
        // Nobody leaves, and frees a worker, before all have their step or have given up.
        everyone.wait();
        Ok(step.map_err(|_| StepError::Stalled)??)
    };
    let results = pool.map(0..workers, job);
    results.into_iter().map(|result| result?).collect()
}
// ANCHOR_END: wait_inside

// ANCHOR: step_by_step
/// Runs the first step of all jobs, and then the second. No job waits for another one.
pub fn step_by_step(pool: &ThreadPool, jobs: usize) -> Vec<Result<usize, JobPanicked>> {
    let first = pool.map(0..jobs, |n| n);
    let second = pool.map(first, |first| first.map(|n| n * n));
    second.into_iter().map(Result::flatten).collect()
}
// ANCHOR_END: step_by_step
