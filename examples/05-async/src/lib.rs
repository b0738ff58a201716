//! Chapter 5: ten thousand waits on one thread.
//!
//! [`fetch_all`] waits for all sites at once on whichever thread polls it, be it a single one; [`crunch_all`] has the work done
//! elsewhere, since work holds the thread that it is done on.

pub mod back_pressure;
pub mod blocking;
pub mod bounded;
pub mod cancel;
pub mod deadline;
pub mod executor;
pub mod futurelock;
pub mod heartbeat;
pub mod hybrid;
pub mod interrupt;
pub mod many;
pub mod per_host;
pub mod pitfalls;
pub mod retry;
pub mod select;
pub mod slow_consumer;
pub mod threads;
pub mod together;

use std::ops::Range;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rayon::prelude::*;
pub use reqwest::Client;
pub use sequential_fetch::{FetchError, FetchErrorKind, Page, Url};
use tracing::instrument;

/// A client for all fetches of a program: it keeps connections open and uses them again.
///
/// `timeout` bounds one whole fetch, from connecting to the last byte of the body.
///
/// # Errors
///
/// When the system's certificates cannot be read.
// ANCHOR: client
pub fn client(timeout: Duration) -> reqwest::Result<Client> {
    sequential_fetch::provide_ciphers();
    Client::builder().timeout(timeout).no_proxy().build()
}
// ANCHOR_END: client

/// Fetches one page. Nothing is sent before the future is polled; dropping it hangs up.
///
/// # Errors
///
/// A status outside 200 to 299 is an error too; see [`FetchErrorKind`].
// ANCHOR: fetch
#[instrument(skip_all, fields(%url), ret(Display), err)]
pub async fn fetch(client: &Client, url: &Url) -> Result<Page, FetchError> {
    let began = Instant::now();
    let failed = |kind| FetchError { url: url.clone(), elapsed: began.elapsed(), kind };
    let sent = client.get(url.clone()).send().await;
    let mut response = sent.map_err(|error| failed(error.into()))?;
    let status = response.status();
    if !status.is_success() {
        return Err(failed(FetchErrorKind::Status(status.as_u16())));
    }
    // The body is counted and not kept, piece by piece as it comes.
    let mut bytes = 0;
    while let Some(piece) =
        response.chunk().await.map_err(|error| failed(error.into()))?
    {
        bytes += piece.len() as u64;
    }

    Ok(Page {
        url: url.clone(),
        status: status.as_u16(),
        bytes,
        elapsed: began.elapsed(),
    })
}
// ANCHOR_END: fetch

// ANCHOR: fetch_all
/// Fetches all pages at once, on the thread that polls this.
///
/// One result for each address, in the order of the addresses. A page that fails is an
/// error in its place.
pub async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    join_all(urls.iter().map(|url| fetch(client, url))).await
}
// ANCHOR_END: fetch_all

// ANCHOR: crunch_all
/// Counts the primes in each chunk on rayon's threads, and waits without holding one.
///
/// One count for each chunk, in the order of the chunks. A panic takes all of them.
pub async fn crunch_all(chunks: &[Range<u64>]) -> Vec<u64> {
    // Who works elsewhere cannot borrow from who waits here, and may be dropped.
    let chunks = chunks.to_vec();
    let count_all =
        move || chunks.into_par_iter().map(sequential_fetch::crunch).collect();
    let counted = hybrid::on_rayon(count_all).await;
    counted.unwrap_or_else(|panic| resume_unwind(panic))
}
// ANCHOR_END: crunch_all
