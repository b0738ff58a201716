// Wrong: a thread for each, with a runtime of its own: what chapter 2 did, and more expensive.
// rejected by all_five_are_in_flight_together_on_one_thread: the one thread began 0 fetches, and 5 were wanted

use course::asynchronous::{Client, block_on, fetch};
use course::{FetchError, Page, Url};
use std::thread;

async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    thread::scope(|scope| {
        let fetches =
            urls.iter().map(|url| scope.spawn(move || block_on(fetch(client, url))));
        let threads: Vec<_> = fetches.collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}
