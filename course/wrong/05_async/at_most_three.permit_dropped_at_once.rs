// Wrong: `let _ =` drops the permit on the spot, and bounds nothing.
// rejected by twelve_requests_three_in_flight_and_in_order: 12 requests were in flight together, and 3 were wanted
// rejected by whoever_is_done_makes_room_for_the_next: requests were in flight together, and 2 were wanted

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

/// Fetches all pages, and has at most `workers` of them in flight.
///
/// One result for each address, in the order of the addresses.
async fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let permits = Semaphore::new(workers);
    let fetches = urls.iter().map(async |url| {
        let _ = permits.acquire().await;
        fetch(client, url).await
    });
    join_all(fetches).await
}
