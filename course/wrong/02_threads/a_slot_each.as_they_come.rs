// Wrong: a lock around a list that grows: the results are in the order in which they came.
// rejected by three_are_in_flight_together_and_each_has_its_slot: result 1 is the page of /site-3, and /site-1 was wanted

use std::sync::{Mutex, PoisonError};
use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let slots = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for url in urls {
            scope.spawn(|| {
                let result = fetch(client, url);
                slots.lock().unwrap_or_else(PoisonError::into_inner).push(result);
            });
        }
    });
    // All threads have ended, and have filled their slots.
    slots.into_inner().unwrap_or_else(PoisonError::into_inner)
}
