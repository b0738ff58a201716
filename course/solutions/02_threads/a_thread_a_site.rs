// Five sites, asked one after another, take the sum of their waits. None of the requests
// needs the answer of another: with a thread for each it is the longest of the waits.
// The page: book/02-threads-and-locks/a-thread-a-site.md

use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    // CHANGED: threads of a scope may borrow `client` and `urls`, since they have ended
    // when the scope has.
    thread::scope(|scope| {
        // CHANGED: collected, because iterators are lazy: joined in the same breath, each
        // thread would have ended before the next one began.
        let threads: Vec<_> =
            urls.iter().map(|url| scope.spawn(move || fetch(client, url))).collect();
        // CHANGED: joined in the order of the addresses, whichever ends first.
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn main() {
    course::draw(fetch_all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, assert_pages};

    #[test]
    fn all_five_are_in_flight_together() {
        let web = Web::together(5);
        let results = fetch_all(&web.client(), &web.urls());
        web.assert_together();
        assert_pages(&results, &web.urls());
    }
}
