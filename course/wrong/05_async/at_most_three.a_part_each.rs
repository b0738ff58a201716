// Wrong: the addresses are dealt out beforehand, a part for each place in flight. One part is over before another.
// rejected by whoever_is_done_makes_room_for_the_next: a place in flight was free, and the next request did not take it

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;

async fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let parts = urls.chunks(urls.len().div_ceil(workers)).map(async |part| {
        let mut results = Vec::new();
        for url in part {
            results.push(fetch(client, url).await);
        }
        results
    });
    join_all(parts).await.into_iter().flatten().collect()
}
