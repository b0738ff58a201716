// Wrong: the guard has no name any more, but `lock(results)` is evaluated before the arguments of `push`.
// rejected by all_five_are_in_flight_together: 1 request was in flight together, and 5 were wanted

use std::sync::{Mutex, PoisonError};
use std::thread;

use course::{Client, FetchError, Page, Url, fetch, lock};

type Results = Mutex<Vec<Result<Page, FetchError>>>;

/// Fetches a page, and adds the result to those of the other threads.
fn fetch_one(client: &Client, url: &Url, results: &Results) {
    lock(results).push(fetch(client, url));
}

/// One result for each address, in completion order.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for url in urls {
            scope.spawn(|| fetch_one(client, url, &results));
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
