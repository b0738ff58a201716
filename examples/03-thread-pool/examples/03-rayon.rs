//! Counts primes on rayon's threads: as many chunks at once as there are cores, or as `--workers` says.

use std::process::ExitCode;

use lab::stage;
use rayon::ThreadPoolBuilder;
use thread_pool::crunch_all;

// ANCHOR: main
fn main() -> ExitCode {
    stage::crunch_with(
        // With 0, rayon takes as many threads as there are cores.
        |work| {
            Ok(ThreadPoolBuilder::new().num_threads(work.workers.unwrap_or(0)).build()?)
        },
        |pool, work| Ok(pool.install(|| crunch_all(&work.chunks))),
    )
}
// ANCHOR_END: main
