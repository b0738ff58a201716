// Wrong: the results are in the order in which they came. (Here: the reverse, so that it is no luck.)
// rejected by all_five_are_in_flight_together: result 1 is the page of /site-5, and /site-1 was wanted

use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    thread::scope(|scope| {
        let threads: Vec<_> =
            urls.iter().map(|url| scope.spawn(move || fetch(client, url))).collect();
        threads.into_iter().rev().map(|thread| thread.join().expect("no panic")).collect()
    })
}
