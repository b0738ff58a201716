// Five threads, five results, and all are right. Yet the sites are asked one by one: a
// thread takes the lock before it fetches, and the others wait until it has its page.
// The page: book/02-threads-and-locks/lock-held-too-long.md

use std::sync::{Mutex, PoisonError};
use std::thread;

use course::{Client, FetchError, Page, Url, fetch, lock};

type Results = Mutex<Vec<Result<Page, FetchError>>>;

/// Fetches a page, and adds the result to those of the other threads.
fn fetch_one(client: &Client, url: &Url, results: &Results) {
    // CHANGED: first the slow part, which needs no lock. In one
    // statement with the push it would still be inside:
    // `lock(results)` stands before the dot, and is evaluated first.
    let result = fetch(client, url);
    // CHANGED: the guard has no name, and so ends with the statement.
    lock(results).push(result);
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

fn main() {
    course::draw(fetch_all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, assert_pages, within};

    #[test]
    fn all_five_are_in_flight_together() {
        within(|| {
            let web = Web::together(5);
            let mut results = fetch_all(&web.client(), &web.urls());
            web.assert_together();
            // In the order of the addresses again.
            results.sort_by_key(|result| match result {
                Ok(page) => page.url.clone(),
                Err(error) => error.url.clone(),
            });
            assert_pages(&results, &web.urls());
        });
    }
}
