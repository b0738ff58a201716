//! The pool, stage 2: a job has a result, and `map` keeps the order of its items.
//!
//! Next: [`pool_3`](super::pool_3). In this stage a panic still costs the pool a worker.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, RecvError, Sender, bounded, unbounded};

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
    outcome: Receiver<T>,
}

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

    // ANCHOR: submit
    /// Queues a job, and returns at once.
    pub fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> JobHandle<T> {
        let (tell, outcome) = bounded(1);
        // Nobody may be waiting any more: then the result is dropped.
        self.queue(move || drop(tell.send(job())));
        JobHandle { outcome }
    }
    // ANCHOR_END: submit

    /// Runs `job` on each item, and waits for all of them.
    ///
    /// One result for each item, in the order of the items.
    pub fn map<I: Send + 'static, T: Send + 'static>(
        &self,
        items: impl IntoIterator<Item = I>,
        job: impl Fn(I) -> T + Send + Sync + 'static,
    ) -> Vec<Result<T, RecvError>> {
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

impl<T> JobHandle<T> {
    // ANCHOR: join
    /// Waits for the job's result.
    ///
    /// # Errors
    ///
    /// When the job panicked, or when panics have left no worker to run it.
    pub fn join(self) -> Result<T, RecvError> {
        // A job that panics drops its `tell` unsent: then there is nothing to wait for.
        self.outcome.recv()
    }
    // ANCHOR_END: join
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
