//! A pool of processes: the pool of chapter 3, whose threads each have a worker process of their own.

use std::io;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use threads_and_locks::panic_message;

use crate::worker::{JobLost, Worker};

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

/// A fixed number of processes that run the jobs they are given, in the order given.
///
/// Each has a thread here that takes jobs from the queue, and waits for its process. The
/// queue holds as many jobs as there are workers, and who brings one more has to wait.
///
/// Dropping the pool runs what is still queued, and waits for it. A job that drops its
/// own pool waits neither for itself nor for the jobs behind it.
#[derive(Debug)]
pub struct ProcessPool {
    /// `None` once no more jobs may come.
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

/// A job that was submitted, and whose result can be waited for.
///
/// Dropping it does not stop the job; the result is thrown away.
#[derive(Debug)]
pub struct JobHandle<T> {
    outcome: Receiver<Result<T, JobLost>>,
}

impl ProcessPool {
    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a pool of 0 workers; otherwise what the operating system says when
    /// it has no thread or no process to give, and what [`Worker::start`] says. The workers
    /// that had started are ended.
    // ANCHOR: new
    pub fn new(workers: usize) -> io::Result<Self> {
        if workers == 0 {
            let problem = "a pool without workers would never do a job";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let (jobs, queue) = bounded::<Job>(workers);
        let mut pool = Self { jobs: Some(jobs), workers: Vec::new() };
        for n in 1..=workers {
            let queue = queue.clone();
            let mut process = Worker::start()?;
            // Ends when the queue is empty and its sender is gone. Then what it owns is
            // dropped: its process, too.
            let work = move || {
                for job in queue {
                    // A result that nobody takes may panic as it is thrown away.
                    let _ = catch_unwind(AssertUnwindSafe(|| job(&mut process)));
                }
            };
            let worker = thread::Builder::new().name(format!("worker-{n}"));
            // On an error the pool is dropped here: those that have begun are joined.
            pool.workers.push(worker.spawn(work)?);
        }
        Ok(pool)
    }
    // ANCHOR_END: new

    /// Queues a job, and waits for a place in the queue where it is full.
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Worker) -> Result<T, JobLost> + Send + 'static,
    ) -> JobHandle<T> {
        let (tell, outcome) = bounded(1);
        // Nobody may be waiting any more: then the result is dropped.
        self.queue(move |worker| drop(tell.send(caught(|| job(worker)))));
        JobHandle { outcome }
    }

    /// Runs `job` on each item, and waits for all of them.
    ///
    /// One result for each item, in the order of the items.
    // ANCHOR: map
    pub fn map<I: Send + 'static, T: Send + 'static>(
        &self,
        items: impl IntoIterator<Item = I>,
        job: impl Fn(&mut Worker, I) -> Result<T, JobLost> + Send + Sync + 'static,
    ) -> Vec<Result<T, JobLost>> {
        let job = Arc::new(job);
        let submit = |item| {
            let job = Arc::clone(&job);
            self.submit(move |worker| job(worker, item))
        };
        // Collected, so that all have been queued before the first is waited for. The
        // queue may be full on the way: it empties, since no worker waits for us.
        let handles: Vec<_> = items.into_iter().map(submit).collect();
        handles.into_iter().map(JobHandle::join).collect()
    }
    // ANCHOR_END: map

    /// Runs `job` on each item, and yields each result as soon as it is there, with the
    /// position of its item.
    ///
    /// Nothing begins before the first `next`. No more than [`ahead`](Self::ahead) items are
    /// taken whose results were not yielded, so that millions of them need no memory.
    // ANCHOR: as_completed
    pub fn as_completed<I: Send + 'static, T: Send + 'static>(
        &self,
        items: impl IntoIterator<Item = I>,
        job: impl Fn(&mut Worker, I) -> Result<T, JobLost> + Send + Sync + 'static,
    ) -> impl Iterator<Item = (usize, Result<T, JobLost>)> {
        let job = Arc::new(job);
        let (tell, outcomes) = unbounded();
        let (mut items, mut under_way) = (items.into_iter().enumerate(), 0);
        iter::from_fn(move || {
            while under_way < self.ahead()
                && let Some((position, item)) = items.next()
            {
                let (job, tell) = (Arc::clone(&job), tell.clone());
                self.queue(move |worker| {
                    drop(tell.send((position, caught(|| job(worker, item)))));
                });
                under_way += 1;
            }
            // Nothing to wait for: that is the end.
            under_way = under_way.checked_sub(1)?;
            outcomes.recv().ok()
        })
    }
    // ANCHOR_END: as_completed

    /// How many workers there are.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// How many items [`as_completed`](Self::as_completed) takes ahead of what it has
    /// yielded: one for each worker, and one for each place in the queue.
    pub fn ahead(&self) -> usize {
        2 * self.workers()
    }

    /// Lets the workers finish what is queued, and waits for them.
    pub fn shutdown(self) {
        drop(self);
    }

    fn queue(&self, job: impl FnOnce(&mut Worker) + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // Fails only if all workers are gone: then the job is dropped, and with it the
            // sender that its handle listens to.
            let _ = jobs.send(Box::new(job));
        }
    }
}

/// Runs a job to its end, or to its panic.
fn caught<T>(job: impl FnOnce() -> Result<T, JobLost>) -> Result<T, JobLost> {
    // A panic ends the job and not its worker. What the job owned is gone with it; what
    // it shared may be half-done, and a lock around that is poisoned.
    catch_unwind(AssertUnwindSafe(job))
        .unwrap_or_else(|panic| Err(JobLost::Panicked(panic_message(&*panic))))
}

impl<T> JobHandle<T> {
    /// Waits for the job's result.
    ///
    /// # Errors
    ///
    /// When the job panicked, or could not be run because no worker was left.
    pub fn join(self) -> Result<T, JobLost> {
        // Fails only for a job that was dropped unrun, with the last worker.
        self.outcome.recv().unwrap_or_else(|_| dropped())
    }

    /// Waits for the job's result, but no longer than `patience`.
    ///
    /// # Errors
    ///
    /// The handle, to wait again with, when the result is not there by then. The job is not
    /// stopped.
    pub fn join_timeout(self, patience: Duration) -> Result<Result<T, JobLost>, Self> {
        match self.outcome.recv_timeout(patience) {
            Ok(result) => Ok(result),
            Err(RecvTimeoutError::Timeout) => Err(self),
            Err(RecvTimeoutError::Disconnected) => Ok(dropped()),
        }
    }
}

fn dropped<T>() -> Result<T, JobLost> {
    Err(JobLost::NoWorker("the job was dropped".to_owned()))
}

// ANCHOR: drop
impl Drop for ProcessPool {
    fn drop(&mut self) {
        // No more jobs: the workers end when the queue is empty.
        drop(self.jobs.take());
        for worker in self.workers.drain(..) {
            // A job may drop the last handle to its pool: no thread can wait for itself.
            if worker.thread().id() != thread::current().id() {
                // A panic of a worker is told already; another one in a drop would abort.
                let _ = worker.join();
            }
        }
    }
}
// ANCHOR_END: drop
