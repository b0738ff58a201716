// Wrong: each has its deadline, and no bound is left.
// rejected by who_is_late_is_a_timeout_in_its_place: and 2 were wanted: more are made at the same time than should be

use std::time::Duration;

use course::asynchronous::{Client, fetch};
use course::{FetchError, FetchErrorKind, Page, Url, draw_async};
use futures_util::future::join_all;
use tokio::time::timeout;

/// Fetches two at a time. Each has its own `limit`; then it is given up, and a timeout.
///
/// One result for each address, in the order of the addresses.
async fn fetch_each_within(
    client: &Client,
    urls: &[Url],
    limit: Duration,
) -> Vec<Result<Page, FetchError>> {
    let fetches = urls.iter().map(async |url| {
        timeout(limit, fetch(client, url)).await.unwrap_or_else(|_| {
            let kind = FetchErrorKind::Timeout;
            Err(FetchError { url: url.clone(), elapsed: limit, kind })
        })
    });
    join_all(fetches).await
}
