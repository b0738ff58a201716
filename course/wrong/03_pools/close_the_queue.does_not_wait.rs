// Wrong: the workers take what is there, and end as soon as nothing is. Who submits later has a pool without workers.
// rejected by dropping_it_waits_for_all_jobs: of 16 jobs had begun when the pool was gone

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
        let work = |queue: Receiver<Job>| queue.try_iter().for_each(|job| job());
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
        for worker in self.workers.drain(..) {
            let _ = worker.join(); // A panic has been told already.
        }
    }
}
