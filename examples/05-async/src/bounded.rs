//! A bound on what is in flight. One of 0 lets nothing begin: who waits for that waits for ever.

use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::{Client, FetchError, Page, Url, fetch};

// ANCHOR: fetch_all
/// Fetches all pages, and has at most `workers` of them in flight.
///
/// One result for each address, in the order of the addresses.
pub async fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let permits = Semaphore::new(workers);
    let fetches = urls.iter().map(async |url| {
        // Held to the end of this block. It fails only on a semaphore that was closed,
        // and nobody closes this one.
        let _permit = permits.acquire().await;
        fetch(client, url).await
    });
    join_all(fetches).await
}
// ANCHOR_END: fetch_all

// ANCHOR: buffered
/// The same as a stream: a fetch begins when one before it is done.
///
/// One result for each address, in the order of the addresses.
pub async fn fetch_buffered(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    fetches.buffered(workers).collect().await
}

/// The same once more, with the results in completion order.
pub async fn fetch_unordered(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    fetches.buffer_unordered(workers).collect().await
}
// ANCHOR_END: buffered

// ANCHOR: spawn_bounded
/// Fetches all pages in tasks of their own, and begins a task only when it may fetch.
///
/// The results in completion order.
pub async fn fetch_spawned(
    client: &Client,
    urls: impl Iterator<Item = Url>,
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let permits = Arc::new(Semaphore::new(workers));
    let mut tasks = JoinSet::new();
    for url in urls {
        // Here the loop waits, and takes no further address meanwhile.
        let permit = Arc::clone(&permits).acquire_owned().await;
        let client = client.clone();
        tasks.spawn(async move {
            let page = fetch(&client, &url).await;
            drop(permit);
            page
        });
    }
    tasks.join_all().await
}
// ANCHOR_END: spawn_bounded
