// Eight sites, and a machine of two cores. `par_iter` brings the right pages, two at a
// time: rayon has a thread for each core. Python's `ThreadPoolExecutor` would have six.
// The page: book/03-thread-pool/rayon-for-waiting.md

use course::{Client, FetchError, Page, Url, fetch};
use rayon::prelude::*;

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    // TODO: have all of them in flight together, on any machine. Leave rayon's threads,
    // which the whole program shares, to those who have work for them.
    urls.par_iter().map(|url| fetch(client, url)).collect()
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
