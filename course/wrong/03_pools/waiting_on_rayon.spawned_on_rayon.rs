// Wrong: a job for each site, and they are still rayon's jobs: its threads are what there are too few of.
// rejected by all_eight_are_in_flight_together: 2 requests were in flight together, and 8 were wanted

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let mut pages: Vec<_> = urls.iter().map(|_| None).collect();
    rayon::scope(|scope| {
        for (page, url) in pages.iter_mut().zip(urls) {
            scope.spawn(move |_| *page = Some(fetch(client, url)));
        }
    });
    pages.into_iter().flatten().collect()
}
