// Wrong: a flag tells the workers to stop after the job that they are at. Those in the queue are thrown away.
// rejected by dropping_it_waits_for_all_jobs: when the pool was gone

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

struct ThreadPool {
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl ThreadPool {
    fn new(workers: usize) -> Self {
        let (jobs, queue) = unbounded::<Job>();
        let stop = Arc::new(AtomicBool::new(false));
        let work = |queue: Receiver<Job>, stop: Arc<AtomicBool>| {
            queue
                .into_iter()
                .take_while(|_| !stop.load(Ordering::SeqCst))
                .for_each(|job| job());
        };
        let start = |queue| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || work(queue, stop))
        };
        let jobs = Some(jobs);
        let workers = vec![queue; workers].into_iter().map(start).collect();
        Self { jobs, workers, stop }
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
        self.stop.store(true, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            let _ = worker.join(); // A panic has been told already.
        }
    }
}
