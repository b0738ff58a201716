// Wrong: the futures are made first, and polled one after another. So it works with threads, and with tasks.
// rejected by all_five_are_in_flight_together_on_one_thread: 1 request was in flight together, and 5 were wanted

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let fetches: Vec<_> = urls.iter().map(|url| fetch(client, url)).collect();
    let mut results = Vec::new();
    for fetch in fetches {
        results.push(fetch.await);
    }
    results
}
