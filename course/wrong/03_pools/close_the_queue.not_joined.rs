// Wrong: the queue is closed, and nobody waits for the workers. The hang is gone, and so is what they had to do.
// rejected by dropping_it_waits_for_all_jobs: when the pool was gone

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

struct ThreadPool {
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl ThreadPool {
    fn new(workers: usize) -> Self {
        let (jobs, queue) = unbounded::<Job>();
        let work = |queue: Receiver<Job>| queue.into_iter().for_each(|job| job());
        let start = |queue| thread::spawn(move || work(queue));
        let jobs = Some(jobs);
        Self { jobs, workers: vec![queue; workers].into_iter().map(start).collect() }
    }

    fn submit(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job)); // Fails only if all workers are gone.
        }
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        drop(self.jobs.take());
    }
}
