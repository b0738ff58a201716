//! The pool, stage 1: workers, a queue of jobs, and a drop that waits for both.
//!
//! Next: [`pool_2`](super::pool_2). In this stage a job has no result, and a panic costs the pool a worker.

use std::io;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, unbounded};

// ANCHOR: pool
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
// ANCHOR_END: pool

impl ThreadPool {
    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a pool of 0 workers; otherwise what the operating system says when
    /// it has no thread to give. The workers that had started are ended.
    // ANCHOR: new
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
    // ANCHOR_END: new

    /// Lets the workers finish what is queued, and waits for them.
    pub fn shutdown(self) {
        drop(self);
    }

    // ANCHOR: submit
    /// Queues a job, and returns at once.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // Fails only if all workers are gone: then the job is dropped.
            let _ = jobs.send(Box::new(job));
        }
    }
    // ANCHOR_END: submit
}

// ANCHOR: drop
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
// ANCHOR_END: drop
