// Wrong: the deadline is gone, and with it whatever had kept the bad sites from stopping all.
// rejected by who_is_late_is_a_timeout_in_its_place: it hangs: a page that never comes has no deadline

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
    let _ = limit;
    let fetches = urls.iter().map(|url| fetch(client, url));
    stream::iter(fetches).buffered(2).collect().await
}
