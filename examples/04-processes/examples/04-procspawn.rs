//! Counts primes with the worker processes of a crate, `procspawn`.

use std::error::Error;
use std::ops::Range;
use std::panic;
use std::process::ExitCode;
use std::sync::Arc;

use lab::stage;
use procspawn::{Pool, SpawnError};
use thread_pool::ThreadPool;
use tracing::instrument;

// ANCHOR: main
fn main() -> ExitCode {
    // A worker whose parent is gone before it has begun panics: nobody is left to tell.
    panic::set_hook(Box::new(|_| {}));
    // First but for that: a worker is this program too, and goes no further.
    procspawn::init();
    drop(panic::take_hook());
    stage::crunch_with(
        |work| Ok(Arc::new(Pool::new(work.workers.unwrap_or(2))?)),
        |pool, work| crunch_all(pool, &work.chunks),
    )
}

/// Has a worker count the primes among `numbers`, and waits for it.
#[instrument(skip(pool), ret, err)]
fn crunch(pool: &Pool, numbers: Range<u64>) -> Result<u64, SpawnError> {
    pool.spawn(numbers, sequential_fetch::crunch).join()
}
// ANCHOR_END: main

// ANCHOR: crunch_all
/// Counts the primes in each chunk, as many chunks at once as the pool has workers.
///
/// One count for each chunk, in the order of the chunks.
fn crunch_all(
    pool: &Arc<Pool>,
    chunks: &[Range<u64>],
) -> Result<Vec<u64>, Box<dyn Error>> {
    // A thread for each worker, which waits for it: see "What it does not have".
    let threads = ThreadPool::new(pool.size())?;
    let pool = Arc::clone(pool);
    let counts = threads.map(chunks.to_vec(), move |numbers| crunch(&pool, numbers));
    counts.into_iter().map(|count| Ok(count??)).collect()
}
// ANCHOR_END: crunch_all
