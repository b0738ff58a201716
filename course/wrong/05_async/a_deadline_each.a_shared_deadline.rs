// Wrong: one point in time for all of them: who has to wait for a turn begins too late.
// rejected by who_is_late_is_a_timeout_in_its_place: there came ["/delay/1200", "/site-1", "timeout", "timeout"]

use std::time::Duration;

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url, draw_async};
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
    let deadline = tokio::time::Instant::now() + limit;
    let fetches = urls.iter().map(async |url| {
        let in_time = tokio::time::timeout_at(deadline, fetch(client, url)).await;
        in_time.unwrap_or_else(|_| {
            let kind = course::FetchErrorKind::Timeout;
            Err(FetchError { url: url.clone(), elapsed: limit, kind })
        })
    });
    stream::iter(fetches).buffered(2).collect().await
}
