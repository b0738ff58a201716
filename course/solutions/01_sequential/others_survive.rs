// Five sites, and some are down. This is Python's `try` around the whole loop: a failure
// ends it, and the pages that have come are lost. Wanted is what became of each site.
// The page: book/01-sequential-fetch/when-a-site-fails.md

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    // CHANGED: the same words, and another `collect`: the wanted
    // type chooses it. Into a `Result` it stops at the first
    // failure. Into a `Vec`, a failure is a value like others.
    urls.iter().map(|url| fetch(client, url)).collect()
}

fn main() {
    let web = course::Web::of(2);
    let urls = ["site-1", "status/404", "site-2"].map(|path| web.url(path));
    for result in fetch_all(&web.client(), &urls) {
        match result {
            Ok(page) => println!("{}: {page}", page.url.path()),
            Err(error) => println!("{}: failed: {error}", error.url.path()),
        }
    }
    course::draw(fetch_all); // five good sites, one after another
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, assert_pages};

    #[test]
    fn five_good_sites_bring_five_pages() {
        let web = Web::of(5);
        assert_pages(&fetch_all(&web.client(), &web.urls()), &web.urls());
        web.assert_requests(5);
    }

    #[test]
    fn each_failure_stays_in_its_place() {
        let web = Web::of(5);
        let paths = ["site-1", "status/404", "site-3", "cut", "site-5"];
        let results = fetch_all(&web.client(), &paths.map(|path| web.url(path)));
        assert!(results.len() == 5, "{} results came, and 5 were wanted", results.len());
        for (path, result) in paths.iter().zip(results) {
            let (url, page) = match &result {
                Ok(page) => (&page.url, true),
                Err(error) => (&error.url, false),
            };
            assert!(*url == web.url(path), "in the place of /{path} is {}", url.path());
            assert!(page == path.starts_with("site"), "/{path} brought {result:?}");
        }
        web.assert_requests(5);
    }
}
