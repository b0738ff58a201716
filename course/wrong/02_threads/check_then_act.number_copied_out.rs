// Wrong: the lock is taken once to look, and what is counted is a copy of what it said.
// rejected by three_of_nine_are_fetched_and_together: 9 requests were made in all, and 3 were wanted

use std::thread;

// `Contended` is a `Mutex` with bad luck: when it is released, the other threads take it.
use course::{Client, Contended, FetchError, Page, Url, fetch};

const BUDGET: usize = 3;

/// Fetches a page, if the requests of all threads are less than the budget so far.
fn fetch_one(
    made: &Contended<usize>,
    client: &Client,
    url: &Url,
) -> Option<Result<Page, FetchError>> {
    let so_far = *made.lock();
    if so_far >= BUDGET {
        return None;
    }
    *made.lock() = so_far + 1;
    Some(fetch(client, url))
}

/// The pages that the budget allowed, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let made = &Contended::new(urls.len(), 0);
    thread::scope(|scope| {
        let fetch_one = |url| scope.spawn(move || fetch_one(made, client, url));
        let threads: Vec<_> = urls.iter().map(fetch_one).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("none")).collect()
    })
}
