// Wrong: the results come to an end with `stop`, and what is in flight is dropped.
// rejected by what_is_in_flight_is_finished_and_nothing_else_begins: 3 requests were given up, and 0 were wanted

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url, draw_async};
use futures_util::stream::{self, StreamExt as _};

/// Fetches three at a time. When `stop` is ready, no other fetch begins.
///
/// One result for each fetch that has begun, in completion order.
async fn fetch_until(
    client: &Client,
    urls: &[Url],
    stop: impl Future<Output = ()>,
) -> Vec<Result<Page, FetchError>> {
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    fetches.buffer_unordered(3).take_until(stop).collect().await
}
