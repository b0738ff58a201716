// Wrong: all are in flight, and their results are in completion order.
// rejected by all_five_are_in_flight_together_on_one_thread: the order of the addresses is lost

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let fetches: FuturesUnordered<_> =
        urls.iter().map(|url| fetch(client, url)).collect();
    fetches.collect().await
}
