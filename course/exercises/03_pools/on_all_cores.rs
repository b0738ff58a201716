// The primes of each chunk, counted on one core while the others are idle. In Python you
// need processes, `ProcessPoolExecutor().map(crunch, chunks)`. Here threads will do.
// The page: book/03-thread-pool/rayon.md

use std::ops::Range;

/// What `crunch` counts in each chunk, in the order of the chunks.
fn crunch_all(
    chunks: &[Range<u64>],
    crunch: impl Fn(Range<u64>) -> u64 + Send + Sync,
) -> Vec<u64> {
    // TODO: have the threads of rayon share the chunks. Keep the order of the results.
    chunks.iter().cloned().map(crunch).collect()
}

fn main() {
    let chunks = [0..300_000, 300_000..500_000, 500_000..600_000];
    println!("primes: {:?}", crunch_all(&chunks, course::crunch));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, comes_true};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    const CHUNKS: [Range<u64>; 4] = [0..30, 30..60, 60..70, 70..80];

    /// As on a machine of two cores.
    fn on_two<T: Send>(job: impl FnOnce() -> T + Send) -> T {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        pool.expect("two threads").install(job)
    }

    #[test]
    fn two_chunks_are_at_work_together_on_two_cores() {
        let gauge = Gauge::new(2);
        let crunch = |chunk| (gauge.work(), course::crunch(chunk)).1;
        let primes = on_two(|| crunch_all(&CHUNKS, crunch));
        gauge.assert_together();
        gauge.assert_threads(2);
        assert_eq!(primes, [10, 7, 2, 3], "the chunks have other primes (right)");
    }

    #[test]
    fn the_order_is_kept_when_the_first_is_done_last() {
        let done = AtomicUsize::new(0);
        let results = on_two(|| {
            crunch_all(&CHUNKS, |chunk| {
                // The first chunk waits for the others: a second thread can do them.
                let _ = chunk.start > 0 || comes_true(|| done.load(SeqCst) == 3);
                done.fetch_add(1, SeqCst);
                chunk.start
            })
        });
        assert_eq!(results, [0, 30, 60, 70], "the order of the chunks (right) is lost");
    }
}
