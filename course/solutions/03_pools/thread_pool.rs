// `with ThreadPoolExecutor(3)`: `submit` gives a future, and the end of `with` waits for
// all jobs. This pool has no workers yet, and throws each job away. Build the rest.
// The page: book/03-thread-pool/recap.md

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
        // CHANGED: as many threads as workers, once. All of them receive
        // from one queue, so each takes the next job when it is free,
        // and ends when the queue is empty and its sender is gone.
        let work = move || queue.into_iter().for_each(|job| job());
        let workers = (0..workers).map(|_| thread::spawn(work.clone())).collect();
        Self { jobs: Some(jobs), workers }
    }

    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Receiver<thread::Result<T>> {
        let (tell, outcome) = bounded(1);
        // CHANGED: the panic is caught around the job alone, so that the worker's loop
        // goes on. Nobody may be there to hear of it: then the outcome is dropped.
        let job = move || drop(tell.send(catch_unwind(AssertUnwindSafe(job))));
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Box::new(job));
        }
        outcome
    }
}

// CHANGED: first the sender, then the threads: as long
// as there is a sender, the workers wait for jobs.
impl Drop for ThreadPool {
    fn drop(&mut self) {
        drop(self.jobs.take());
        for worker in self.workers.drain(..) {
            // It cannot have panicked, and a panic here could be the second one.
            let _ = worker.join();
        }
    }
}

fn main() {
    println!("{:?}", ThreadPool::new(2).submit(|| thread::current().id()).recv());
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, within};

    #[test]
    fn three_workers_do_six_jobs_of_which_three_panic() {
        static GAUGE: Gauge = Gauge::new(3);
        let job = |n| move || (GAUGE.work(), assert!(n > 2, "job {n} broke"), n).2;
        let all = move |pool: ThreadPool| [0, 1, 2, 3, 4, 5].map(|n| pool.submit(job(n)));
        let told = within(move || all(ThreadPool::new(3)).map(|it| it.recv()));
        GAUGE.assert_together();
        GAUGE.assert_threads(3);
        let panics = told.iter().filter(|it| matches!(it, Ok(Err(_)))).count();
        assert_eq!(panics, 3, "{panics} handles know of a panic, and 3 jobs panicked");
        assert!(told.into_iter().flatten().flatten().eq([3, 4, 5]), "a result is lost");
    }

    #[test]
    fn a_pool_that_is_dropped_has_done_all_jobs() {
        static GAUGE: Gauge = Gauge::new(1);
        let all = |pool: ThreadPool| [(); 6].map(|()| pool.submit(|| GAUGE.work()));
        within(move || drop(all(ThreadPool::new(1))));
        GAUGE.assert_done(6);
    }
}
