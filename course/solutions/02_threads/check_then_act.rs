// Nine threads may make three requests in all. Each looks whether one is left, and then
// counts its own, both under the lock. In between the lock is free, and all have looked.
// The page: book/02-threads-and-locks/lost-updates.md

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
    // CHANGED: a block of its own, because the fetch needs no lock.
    {
        // CHANGED: one guard for both steps. Whoever
        // looks has counted before the next one looks.
        let mut made = made.lock();
        if *made >= BUDGET {
            return None;
        }
        *made += 1;
    }
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

fn main() {
    course::draw(fetch_all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, within};

    #[test]
    fn three_of_nine_are_fetched_and_together() {
        within(|| {
            let web = Web::in_groups(9, BUDGET);
            let results = fetch_all(&web.client(), &web.urls());
            web.assert_requests(BUDGET);
            web.assert_together();
            let pages = results.iter().flatten().count();
            assert!(pages == BUDGET, "{pages} pages came, and {BUDGET} were wanted");
        });
    }
}
