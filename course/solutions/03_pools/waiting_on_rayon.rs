// Eight sites, and a machine of two cores. `par_iter` brings the right pages, two at a
// time: rayon has a thread for each core. Python's `ThreadPoolExecutor` would have six.
// The page: book/03-thread-pool/rayon-for-waiting.md

use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    // CHANGED: a wait needs a thread and no core. So there are as
    // many threads as waits, and rayon's are left to those who
    // have work. (For thousands of sites: a pool of fixed size.)
    thread::scope(|scope| {
        // CHANGED: all are spawned before the first is joined.
        let threads: Vec<_> =
            urls.iter().map(|url| scope.spawn(move || fetch(client, url))).collect();
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
    fn all_eight_are_in_flight_together() {
        let web = Web::together(8);
        let two_cores = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        let fetch_eight = || fetch_all(&web.client(), &web.urls());
        let pages = two_cores.expect("two threads").install(fetch_eight);
        web.assert_together();
        assert_pages(&pages, &web.urls());
    }
}
