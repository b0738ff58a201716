// Wrong: the halves of a chunk are submitted together, and waited for before the next chunk: `map` is lazy.
// rejected by all_halves_are_at_work_together: 2 jobs were at work together, and 4 were wanted

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
    let submit_both = |halves: [Half; 2]| halves.map(|half| submit(pool, half));
    let submitted = chunks.into_iter().map(submit_both);
    let result = |half: &Receiver<u64>| half.recv().expect("no panic");
    submitted.map(|halves| halves.iter().map(result).sum()).collect()
}
