// Five sites, asked one after another, take the sum of their waits. None of the requests
// needs the answer of another: with a thread for each it is the longest of the waits.
// The page: book/02-threads-and-locks/a-thread-a-site.md

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    // TODO: fetch each address on a thread of its own. Keep the order of the results.
    urls.iter().map(|url| fetch(client, url)).collect()
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
