// Wrong: a thread for each chunk, as for a wait: four threads on two cores.
// rejected by two_chunks_are_at_work_together_on_two_cores: , and 2 were wanted

use std::ops::Range;
use std::thread;

/// What `crunch` counts in each chunk, in the order of the chunks.
fn crunch_all(
    chunks: &[Range<u64>],
    crunch: impl Fn(Range<u64>) -> u64 + Send + Sync,
) -> Vec<u64> {
    let crunch = &crunch;
    thread::scope(|scope| {
        let threads: Vec<_> = chunks
            .iter()
            .cloned()
            .map(|chunk| scope.spawn(move || crunch(chunk)))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}
