//! A deadline for one wait, and one for all of them.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{Client, FetchError, FetchErrorKind, Page, Url, fetch, fetch_all};

// ANCHOR: fetch_within
/// Fetches one page, or gives it up when `limit` has passed.
///
/// # Errors
///
/// Those of [`fetch`]; a page that was given up is a timeout.
pub async fn fetch_within(
    client: &Client,
    url: &Url,
    limit: Duration,
) -> Result<Page, FetchError> {
    match timeout(limit, fetch(client, url)).await {
        Ok(result) => result,
        Err(_) => Err(late(url, limit)),
    }
}
// ANCHOR_END: fetch_within

fn late(url: &Url, elapsed: Duration) -> FetchError {
    FetchError { url: url.clone(), elapsed, kind: FetchErrorKind::Timeout }
}

// ANCHOR: fetch_each_within
/// Fetches all pages, `at_once` at a time, each within its own `limit`.
///
/// One result for each address, in the order of the addresses.
pub async fn fetch_each_within(
    client: &Client,
    urls: &[Url],
    at_once: usize,
    limit: Duration,
) -> Vec<Result<Page, FetchError>> {
    let fetches = urls.iter().map(|url| fetch_within(client, url, limit));
    stream::iter(fetches).buffered(at_once).collect().await
}
// ANCHOR_END: fetch_each_within

// ANCHOR: all_or_nothing
/// Fetches all pages within `limit`, or none: what has arrived by then is dropped too.
pub async fn all_or_nothing(
    client: &Client,
    urls: &[Url],
    limit: Duration,
) -> Option<Vec<Result<Page, FetchError>>> {
    timeout(limit, fetch_all(client, urls)).await.ok()
}
// ANCHOR_END: all_or_nothing

// ANCHOR: fetch_all_within
/// Fetches all pages at once, and keeps those that have arrived within `limit`.
///
/// One result for each address, in the order of the addresses. The others are timeouts.
pub async fn fetch_all_within(
    client: &Client,
    urls: &[Url],
    limit: Duration,
) -> Vec<Result<Page, FetchError>> {
    let deadline = Instant::now() + limit;
    let fetches = urls.iter().map(async |url| {
        let in_time = timeout_at(deadline, fetch(client, url)).await;
        in_time.unwrap_or_else(|_| Err(late(url, limit)))
    });
    join_all(fetches).await
}
// ANCHOR_END: fetch_all_within
