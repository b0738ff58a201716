// Wrong: it does not hear of the stop, and fetches all.
// rejected by what_is_in_flight_is_finished_and_nothing_else_begins: 9 fetches began, and 6 pages came, and 6 of both were wanted

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
    drop(stop);
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    fetches.buffer_unordered(3).collect().await
}
