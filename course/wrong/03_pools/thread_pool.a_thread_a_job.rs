// Wrong: no queue: each job gets a thread of its own, and the pool only joins them.
// rejected by three_workers_do_six_jobs_of_which_three_panic: and 3 were wanted

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

type Job = Box<dyn FnOnce() + Send>;

struct ThreadPool {
    jobs: Option<Sender<Job>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

impl ThreadPool {
    fn new(workers: usize) -> Self {
        Self { jobs: None, workers: Mutex::new(Vec::with_capacity(workers)) }
    }

    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Receiver<thread::Result<T>> {
        let (tell, outcome) = bounded(1);
        let job = move || drop(tell.send(catch_unwind(AssertUnwindSafe(job))));
        self.workers.lock().expect("no panic").push(thread::spawn(job));
        outcome
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        for worker in self.workers.get_mut().expect("no panic").drain(..) {
            let _ = worker.join();
        }
    }
}
