// Wrong: one critical section for both steps, and the fetch is in it too.
// rejected by three_of_nine_are_fetched_and_together: 1 request was in flight together, and 3 were wanted

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
    let mut made = made.lock();
    if *made >= BUDGET {
        return None;
    }
    *made += 1;
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
