// Wrong: the list is taken out of the lock, and put back with one more: over what others put there meanwhile.
// rejected by all_five_are_in_flight_together: 1 result came of 5 addresses

use std::sync::{Mutex, PoisonError};
use std::thread;

use course::{Client, FetchError, Page, Url, fetch, lock};

type Results = Mutex<Vec<Result<Page, FetchError>>>;

/// Fetches a page, and adds the result to those of the other threads.
fn fetch_one(client: &Client, url: &Url, results: &Results) {
    let mut list = std::mem::take(&mut *lock(results));
    list.push(fetch(client, url));
    *lock(results) = list;
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
