// Wrong: a `None` in the queue says "no more", as in Python, and there is one for all workers.
// rejected by dropping_it_waits_for_all_jobs: it hangs

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::thread::{self, JoinHandle};

type Job = Option<Box<dyn FnOnce() + Send>>;

struct ThreadPool {
    jobs: Sender<Job>,
    workers: Vec<JoinHandle<()>>,
}

impl ThreadPool {
    fn new(workers: usize) -> Self {
        let (jobs, queue) = unbounded::<Job>();
        let work = |queue: Receiver<Job>| {
            queue.into_iter().map_while(|job| job).for_each(|job| job())
        };
        let start = |queue| thread::spawn(move || work(queue));
        Self { jobs, workers: vec![queue; workers].into_iter().map(start).collect() }
    }

    fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let _ = self.jobs.send(Some(Box::new(job))); // Fails only if all workers are gone.
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        let _ = self.jobs.send(None);
        for worker in self.workers.drain(..) {
            let _ = worker.join(); // A panic has been told already.
        }
    }
}
