//! The pool, stage 3: a panic is the error of its job, and no longer the end of its worker.
//!
//! Next: [the pool](crate::ThreadPool), which also hands over each result as soon as it is there.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use threads_and_locks::panic_message;

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads that run the jobs they are given, in the order given.
///
/// Dropping the pool runs what is still queued, and waits for it. A job that drops its
/// own pool waits neither for itself nor for the jobs behind it.
#[derive(Debug)]
pub struct ThreadPool {
    /// `None` once no more jobs may come.
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

/// A job that was submitted, and whose result can be waited for.
///
/// Dropping it does not stop the job; the result is thrown away.
#[derive(Debug)]
pub struct JobHandle<T> {
    outcome: Receiver<Result<T, JobPanicked>>,
}

/// A job that panicked: the message of its panic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("panicked: {0}")]
pub struct JobPanicked(pub String);

impl ThreadPool {
    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a pool of 0 workers; otherwise what the operating system says when
    /// it has no thread to give. The workers that had started are ended.
    pub fn new(workers: usize) -> io::Result<Self> {
        if workers == 0 {
            let problem = "a pool without workers would never do a job";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let (jobs, queue) = unbounded::<Job>();
        let mut pool = Self { jobs: Some(jobs), workers: Vec::new() };
        for n in 1..=workers {
            let queue = queue.clone();
            // Ends when the queue is empty and its sender is gone.
            let work = move || queue.into_iter().for_each(|job| job());
            let worker = thread::Builder::new().name(format!("worker-{n}"));
            // On an error the pool is dropped here: those that have begun are joined.
            pool.workers.push(worker.spawn(work)?);
        }
        Ok(pool)
    }

    /// Queues a job, and returns at once.
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> JobHandle<T> {
        let (tell, outcome) = bounded(1);
        // Nobody may be waiting any more: then the result is dropped.
        self.queue(move || drop(tell.send(caught(job))));
        JobHandle { outcome }
    }

    /// Runs `job` on each item, and waits for all of them.
    ///
    /// One result for each item, in the order of the items.
    pub fn map<I: Send + 'static, T: Send + 'static>(
        &self,
        items: impl IntoIterator<Item = I>,
        job: impl Fn(I) -> T + Send + Sync + 'static,
    ) -> Vec<Result<T, JobPanicked>> {
        let job = Arc::new(job);
        let submit = |item| {
            let job = Arc::clone(&job);
            self.submit(move || job(item))
        };
        // Collected, so that all are queued before the first is waited for.
        let handles: Vec<_> = items.into_iter().map(submit).collect();
        handles.into_iter().map(JobHandle::join).collect()
    }

    /// Lets the workers finish what is queued, and waits for them.
    pub fn shutdown(self) {
        drop(self);
    }

    fn queue(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // Fails only if all workers are gone: then the job is dropped, and with it the
            // sender that its handle listens to.
            let _ = jobs.send(Box::new(job));
        }
    }
}

// ANCHOR: caught
/// Runs a job to its end, or to its panic.
fn caught<T>(job: impl FnOnce() -> T) -> Result<T, JobPanicked> {
    // A panic ends the job and not its worker. What the job owned is gone with it; what
    // it shared may be half-done, and a lock around that is poisoned.
    catch_unwind(AssertUnwindSafe(job))
        .map_err(|panic| JobPanicked(panic_message(&*panic)))
}
// ANCHOR_END: caught

impl<T> JobHandle<T> {
    /// Waits for the job's result.
    ///
    /// # Errors
    ///
    /// When the job panicked.
    pub fn join(self) -> Result<T, JobPanicked> {
        // A worker tells what became of each job, so `recv` fails for none.
        self.outcome.recv().unwrap_or_else(|_| dropped())
    }
}

fn dropped<T>() -> Result<T, JobPanicked> {
    Err(JobPanicked("the job was dropped".to_owned()))
}

impl Drop for ThreadPool {
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
