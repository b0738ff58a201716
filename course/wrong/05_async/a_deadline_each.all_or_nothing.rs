// Wrong: one deadline around all of them: what has arrived is inside the future that it drops.
// rejected by who_is_late_is_a_timeout_in_its_place: there came [], and

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
    let fetches = urls.iter().map(|url| fetch(client, url));
    let results = stream::iter(fetches).buffered(2).collect();
    timeout(limit, results).await.unwrap_or_default()
}
