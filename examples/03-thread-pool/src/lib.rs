//! Chapter 3: a fixed number of threads, and how many.
//!
//! [`fetch_all`] has the sites fetched by the workers of a [`ThreadPool`], which this chapter builds; [`crunch_all`] has the
//! chunks counted by rayon, whose threads are as many as there are cores. [`stages`] shows how the pool came to be; [`crowd`]
//! and [`stall`] show what goes wrong, without a pool and with one.

pub mod crowd;
pub mod downloads;
pub mod health;
mod pool;
pub mod stages;
pub mod stall;
pub mod sweep;
pub mod waiting;
pub mod work;

use std::ops::Range;
use std::time::Instant;

use rayon::prelude::*;

pub use pool::{JobHandle, JobPanicked, ThreadPool};
pub use sequential_fetch::{
    Client, FetchError, FetchErrorKind, Page, Url, client, crunch, fetch,
};

// ANCHOR: fetch_all
/// Fetches all pages, at most as many at once as the pool has workers.
///
/// One result for each address, in the order of the addresses. A page that fails is an
/// error in its place, and so is one whose job panicked.
pub fn fetch_all(
    pool: &ThreadPool,
    client: &Client,
    urls: &[Url],
) -> Vec<Result<Page, FetchError>> {
    let began = Instant::now();
    let client = client.clone();
    let results = pool.map(urls.to_vec(), move |url| fetch(&client, &url));
    urls.iter()
        .zip(results)
        .map(|(url, result)| {
            result.unwrap_or_else(|JobPanicked(message)| {
                let kind = FetchErrorKind::Lost(message);
                Err(FetchError { url: url.clone(), elapsed: began.elapsed(), kind })
            })
        })
        .collect()
}
// ANCHOR_END: fetch_all

// ANCHOR: crunch_all
/// Counts the primes in each chunk, as many chunks at once as rayon has threads: one for
/// each core, if nobody says otherwise.
///
/// One count for each chunk, in the order of the chunks. A panic takes all of them.
pub fn crunch_all(chunks: &[Range<u64>]) -> Vec<u64> {
    chunks.par_iter().cloned().map(crunch).collect()
}
// ANCHOR_END: crunch_all
