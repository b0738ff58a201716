// Wrong: there is no `drop`: the workers end some time, and nobody knows when.
// rejected by a_pool_that_is_dropped_has_done_all_jobs: of 6 jobs were done: nobody waited for the others

use std::panic::{AssertUnwindSafe, catch_unwind};
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
        let job = move || drop(tell.send(catch_unwind(AssertUnwindSafe(job))));
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job));
        }
        outcome
    }
}
