//! Work for all cores: into how many pieces it is cut, and how much faster it can become.

use std::ops::Range;

use rayon::prelude::*;
use sequential_fetch::crunch;

use crate::{JobPanicked, ThreadPool};

/// Cuts the numbers below `end` into so many consecutive pieces of nearly equal length.
pub fn cut(end: u64, pieces: u64) -> Vec<Range<u64>> {
    (0..pieces).map(|i| end * i / pieces..end * (i + 1) / pieces).collect()
}

// ANCHOR: count
/// Counts the primes in all chunks together, as many at once as rayon has threads.
pub fn count(chunks: &[Range<u64>]) -> u64 {
    chunks.par_iter().cloned().map(crunch).sum()
}

/// Counts the primes in all chunks together, each chunk a job of the pool.
///
/// # Errors
///
/// When a job panicked.
pub fn count_on(pool: &ThreadPool, chunks: Vec<Range<u64>>) -> Result<u64, JobPanicked> {
    // The order does not matter for a sum: one channel brings all the results.
    pool.as_completed(chunks, crunch).map(|(_, counted)| counted).sum()
}
// ANCHOR_END: count

// ANCHOR: count_some_alone
/// The same as [`count`], but the calling thread counts the first `alone` chunks before
/// it shares out the rest.
///
/// # Panics
///
/// When there are fewer chunks than that.
pub fn count_some_alone(chunks: &[Range<u64>], alone: usize) -> u64 {
    let (first, rest) = chunks.split_at(alone);
    first.iter().cloned().map(crunch).sum::<u64>() + count(rest)
}
// ANCHOR_END: count_some_alone

// ANCHOR: amdahl
/// How much faster work becomes on that many workers, when `serial_share` of it (0 to 1)
/// can only be done by one.
///
/// Amdahl's law; as good as it can be, with a core for each worker.
pub fn amdahl(serial_share: f64, workers: usize) -> f64 {
    1.0 / (serial_share + (1.0 - serial_share) / workers as f64)
}

/// The serial share that fits best to speed-ups measured with so many workers; nothing
/// where no more than one worker was measured.
///
/// By the law, `1 / speed_up - 1 / workers` is the share times `1 - 1 / workers`: a line
/// through zero, whose slope least squares give.
pub fn serial_share(measured: &[(usize, f64)]) -> Option<f64> {
    let (mut xy, mut xx) = (0.0, 0.0);
    for &(workers, speed_up) in measured {
        let each = 1.0 / workers as f64;
        xy += (1.0 - each) * (1.0 / speed_up - each);
        xx += (1.0 - each) * (1.0 - each);
    }
    (xx > 0.0).then_some(xy / xx)
}
// ANCHOR_END: amdahl
