// Each thread writes into one list, at an index of its own, as in Python. That is right,
// and the compiler cannot know it: an index is a number. It wants a better proof.
// The page: book/02-threads-and-locks/a-slot-each.md

use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let mut slots: Vec<_> = urls.iter().map(|_| None).collect();
    let numbered: Vec<_> = urls.iter().enumerate().collect();
    thread::scope(|scope| {
        // TODO: give each thread its slot in place of an index. It needs no lock.
        for (i, url) in &numbered {
            scope.spawn(|| slots[*i] = Some(fetch(client, url)));
        }
    });
    // All threads have ended, and have filled their slots.
    slots.into_iter().flatten().collect()
}

fn main() {
    course::draw(fetch_all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{SlowWeb, Web, assert_pages, within};
    use std::time::Duration;

    #[test]
    fn three_are_in_flight_together_and_each_has_its_slot() {
        within(|| {
            // None is answered before all three have asked; then the last comes first.
            let sites = [400, 200, 0].map(Duration::from_millis);
            let web = SlowWeb::builder().sites(sites).barrier(3, Duration::from_secs(5));
            let web = Web::from(web);
            let results = fetch_all(&web.client(), &web.urls());
            web.assert_peak(3);
            assert_pages(&results, &web.urls());
        });
    }
}
