// Wrong: a lock around the list, and it is held during the fetch.
// rejected by three_are_in_flight_together_and_each_has_its_slot: 1 request was in flight together, and 3 were wanted

use std::sync::{Mutex, PoisonError};
use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let slots: Vec<_> = urls.iter().map(|_| None).collect();
    let slots = Mutex::new(slots);
    let numbered: Vec<_> = urls.iter().enumerate().collect();
    thread::scope(|scope| {
        for (i, url) in &numbered {
            scope.spawn(|| {
                let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
                slots[*i] = Some(fetch(client, url));
            });
        }
    });
    // All threads have ended, and have filled their slots.
    let slots = slots.into_inner().unwrap_or_else(PoisonError::into_inner);
    slots.into_iter().flatten().collect()
}
