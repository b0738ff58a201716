// The job of a chunk submits its two halves to the same pool, and waits for them. It
// stalls, as in Python: who is left to take a half when each worker waits for one?
// The page: book/03-thread-pool/how-a-pool-stalls.md

use crossbeam_channel::{Receiver, bounded};
use rayon::{ThreadPool, ThreadPoolBuilder}; // Workers and a queue, as in the chapter.

type Half = fn() -> u64;
type Pool = &'static ThreadPool;
fn pool(workers: usize) -> Pool {
    let pool = ThreadPoolBuilder::new().num_threads(workers).build();
    Box::leak(Box::new(pool.expect("a system that has threads")))
}

/// Queues a job, and returns at once. `recv` waits for its result.
fn submit<F: FnOnce() -> u64 + Send + 'static>(pool: Pool, job: F) -> Receiver<u64> {
    let (tell, result) = bounded(1);
    pool.spawn(move || _ = tell.send(job()));
    result
}

/// The sum of each chunk. Each half of a chunk is a job, and the pool does them all.
fn sums(pool: Pool, chunks: Vec<[Half; 2]>) -> Vec<u64> {
    // CHANGED: the caller submits the halves itself,
    // all of them before it waits for the first.
    let submit_both = |halves: [Half; 2]| halves.map(|half| submit(pool, half));
    let submitted: Vec<_> = chunks.into_iter().map(submit_both).collect();
    // CHANGED: the one who waits is the caller, which is no worker: nobody is missing.
    let result = |half: &Receiver<u64>| half.recv().expect("no panic");
    submitted.iter().map(|halves| halves.iter().map(result).sum()).collect()
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, within};

    #[test]
    fn one_worker_is_enough() {
        static GAUGE: Gauge = Gauge::new(1);
        let (pool, half) = (pool(1), || (GAUGE.work(), 4).1);
        let _ = submit(pool, half).recv(); // Now the gauge knows the worker.
        let sums = within(move || sums(pool, vec![[half, || 5], [half, || 6]]));
        assert_eq!(sums, [9, 10], "seen (left) are not the sums of 4 + 5 and 4 + 6");
        GAUGE.assert_threads(1);
    }

    #[test]
    fn all_halves_are_at_work_together() {
        static GAUGE: Gauge = Gauge::new(4);
        let half = || (GAUGE.work(), 7).1;
        within(move || sums(pool(4), vec![[half, half]; 2]));
        GAUGE.assert_together();
    }
}
