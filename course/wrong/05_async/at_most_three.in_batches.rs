// Wrong: groups of `workers`, and each waits for its slowest.
// rejected by whoever_is_done_makes_room_for_the_next: a place in flight was free, and the next request did not take it

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;

/// Fetches all pages, and has at most `workers` of them in flight.
///
/// One result for each address, in the order of the addresses.
async fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let mut results = Vec::new();
    for batch in urls.chunks(workers) {
        results.extend(join_all(batch.iter().map(|url| fetch(client, url))).await);
    }
    results
}
