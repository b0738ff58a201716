// Wrong: one guard for the check, as it should be, and beside it a second lock to count: the thread waits for itself.
// rejected by three_of_nine_are_fetched_and_together: it hangs

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
    let so_far = made.lock();
    if *so_far >= BUDGET {
        return None;
    }
    *made.lock() += 1;
    drop(so_far);
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
