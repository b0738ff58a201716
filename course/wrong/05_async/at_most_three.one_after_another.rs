// Wrong: at most three, and never more than one.
// rejected by twelve_requests_three_in_flight_and_in_order: 1 request was in flight together, and 3 were wanted
// rejected by whoever_is_done_makes_room_for_the_next: a place in flight was free, and the next request did not take it

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
    let fetches = stream::iter(urls).then(|url| fetch(client, url));
    fetches.collect().await
}
