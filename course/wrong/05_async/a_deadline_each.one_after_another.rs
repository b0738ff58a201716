// Wrong: each has its deadline, and no two of them are made at the same time.
// rejected by who_is_late_is_a_timeout_in_its_place: 1 request was in flight together, and 2 were wanted

use std::time::Duration;

use course::asynchronous::{Client, fetch};
use course::{FetchError, FetchErrorKind, Page, Url, draw_async};
use futures_util::stream::{self, StreamExt as _};
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
    stream::iter(fetches).buffered(1).collect().await
}
