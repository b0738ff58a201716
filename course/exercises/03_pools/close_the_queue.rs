// A pool that hangs at its end, where Python's `with` block waits for the jobs and goes
// on: the workers wait for the next job, and the pool waits for its workers.
// The page: book/03-thread-pool/build-a-pool.md

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

struct ThreadPool {
    jobs: Sender<Job>,
    workers: Vec<JoinHandle<()>>,
}

impl ThreadPool {
    fn new(workers: usize) -> Self {
        let (jobs, queue) = unbounded::<Job>();
        let work = |queue: Receiver<Job>| queue.into_iter().for_each(|job| job());
        let start = |queue| thread::spawn(move || work(queue));
        Self { jobs, workers: vec![queue; workers].into_iter().map(start).collect() }
    }

    fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let _ = self.jobs.send(Box::new(job)); // Fails only if all workers are gone.
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        // TODO: have the jobs that are queued done, and the workers end.
        for worker in self.workers.drain(..) {
            let _ = worker.join(); // A panic has been told already.
        }
    }
}

fn main() {
    let pool = ThreadPool::new(2);
    (1..=5).for_each(|n| pool.submit(move || println!("job {n}")));
    course::within(|| drop(pool));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    #[test]
    fn dropping_it_waits_for_all_jobs() {
        let (gauge, pool) = (Arc::new(course::Gauge::new(2)), super::ThreadPool::new(2));
        let submit = |gauge: Arc<course::Gauge>| pool.submit(move || gauge.work());
        (0..2).for_each(|_| submit(gauge.clone()));
        let _ = course::comes_true(|| Arc::strong_count(&gauge) == 1); // They wait again.
        (2..16).for_each(|_| submit(gauge.clone()));
        course::within(|| drop(pool));
        let (begun, left) = (gauge.jobs(), Arc::strong_count(&gauge) - 1);
        assert!(begun == 16, "{begun} of 16 jobs had begun when the pool was gone");
        assert!(left == 0, "{left} of 16 jobs were not over when the pool was gone");
        gauge.assert_threads(2);
    }
}
