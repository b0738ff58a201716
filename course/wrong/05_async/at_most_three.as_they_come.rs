// Wrong: bounded, with the results in completion order.
// rejected by twelve_requests_three_in_flight_and_in_order: the order of the addresses is lost

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::stream::{self, StreamExt as _};

/// Fetches all pages, and has at most `workers` of them in flight.
///
/// One result for each address, in the order of the addresses.
async fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    fetches.buffer_unordered(workers).collect().await
}
