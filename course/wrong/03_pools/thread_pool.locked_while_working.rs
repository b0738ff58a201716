// Wrong: the queue is behind a lock, and the guard lives as long as the body of the loop: one job at a time.
// rejected by three_workers_do_six_jobs_of_which_three_panic: 1 job was at work together, and 3 were wanted: they are done one after another

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

type Job = Box<dyn FnOnce() + Send>;

struct ThreadPool {
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl ThreadPool {
    fn new(workers: usize) -> Self {
        let (jobs, queue) = unbounded::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let work = move || {
            while let Ok(job) = queue.lock().expect("no panic").recv() {
                job();
            }
        };
        let workers = (0..workers).map(|_| thread::spawn(work.clone())).collect();
        Self { jobs: Some(jobs), workers }
    }

    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Receiver<thread::Result<T>> {
        let (tell, outcome) = bounded(1);
        let job = move || drop(tell.send(catch_unwind(AssertUnwindSafe(job))));
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job));
        }
        outcome
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
