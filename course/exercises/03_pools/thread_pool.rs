// `with ThreadPoolExecutor(3)`: `submit` gives a future, and the end of `with` waits for
// all jobs. This pool has no workers yet, and throws each job away. Build the rest.
// The page: book/03-thread-pool/recap.md

use crossbeam_channel::{Receiver, Sender, bounded};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;
// TODO: dropping it does what is queued, and waits until its workers have ended.
struct ThreadPool {
    jobs: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl ThreadPool {
    fn new(workers: usize) -> Self {
        // TODO: start so many workers, and one queue for all of them.
        Self { jobs: None, workers: Vec::with_capacity(workers) }
    }

    fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Receiver<thread::Result<T>> {
        // TODO: queue the job. If it panics, that is its outcome, and no worker's end.
        let (tell, outcome) = bounded(1);
        outcome
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
