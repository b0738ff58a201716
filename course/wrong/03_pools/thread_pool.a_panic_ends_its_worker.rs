// Wrong: nobody catches a panic: after three of them no worker is left.
// rejected by three_workers_do_six_jobs_of_which_three_panic: 0 handles know of a panic, and 3 jobs panicked

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
        let work = move || queue.into_iter().for_each(|job| job());
        let workers = (0..workers).map(|_| thread::spawn(work.clone())).collect();
        Self { jobs: Some(jobs), workers }
    }

    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Receiver<thread::Result<T>> {
        let (tell, outcome) = bounded(1);
        let job = move || drop(tell.send(Ok(job())));
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
