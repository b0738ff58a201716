// Wrong: each thread pushes its result to a list, so that the results are in the order in which they came.
// rejected by two_chunks_are_at_work_together_on_two_cores: the chunks have other primes
// rejected by the_order_is_kept_when_the_first_is_done_last: the order of the chunks (right) is lost

use std::ops::Range;

use std::sync::Mutex;

use rayon::prelude::*;

/// What `crunch` counts in each chunk, in the order of the chunks.
fn crunch_all(
    chunks: &[Range<u64>],
    crunch: impl Fn(Range<u64>) -> u64 + Send + Sync,
) -> Vec<u64> {
    let counts = Mutex::new(Vec::new());
    chunks.par_iter().cloned().for_each(|chunk| {
        let count = crunch(chunk);
        counts.lock().expect("no panic").push(count);
    });
    counts.into_inner().expect("no panic")
}
