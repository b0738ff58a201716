// Wrong: without the first `collect`, each thread is joined before the next one is spawned.
// rejected by all_five_are_in_flight_together: 1 request was in flight together, and 5 were wanted

use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    thread::scope(|scope| {
        urls.iter()
            .map(|url| scope.spawn(move || fetch(client, url)))
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    })
}
