// Twelve requests at once are more than this site wants: it asks for three at a time. The
// bound is an argument, `workers`, and nothing looks at it yet.
// The page: book/05-async/bounded.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

/// Fetches all pages, and has at most `workers` of them in flight.
///
/// One result for each address, in the order of the addresses.
async fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    // CHANGED: all futures exist at once, and none makes its request without a permit.
    let permits = Semaphore::new(workers);
    let fetches = urls.iter().map(async |url| {
        // CHANGED: held until the fetch is over. It needs a name: `_` would drop it here.
        let _permit = permits.acquire().await;
        fetch(client, url).await
    });
    join_all(fetches).await
}

fn main() {
    course::draw_async(async |client, urls| fetch_all(&client, &urls, 3).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::{block_on, client};
    use course::{PATIENCE, SlowWeb, Web, assert_pages, within};
    use std::time::Duration;

    #[test]
    fn twelve_requests_three_in_flight_and_in_order() {
        within(|| {
            let mut waits = [Duration::from_millis(200); 12];
            waits[0] *= 2;
            let web = Web::from(SlowWeb::builder().sites(waits).barrier(3, PATIENCE / 2));
            let urls = web.urls();
            let results = block_on(fetch_all(&client(3 * PATIENCE), &urls, 3));
            web.assert_peak(3);
            assert_pages(&results, &urls);
        });
    }

    #[test]
    fn whoever_is_done_makes_room_for_the_next() {
        within(|| {
            // Sites are answered in pairs: 1 waits for 2, and 3 for 4.
            let web = Web::in_groups(4, 2);
            let all = "site-1 site-2 delay/200 site-3 site-4 empty empty";
            let urls: Vec<_> = all.split(' ').map(|path| web.url(path)).collect();
            let results = block_on(fetch_all(&client(3 * PATIENCE), &urls, 2));
            let missed =
                "a place in flight was free, and the next request did not take it";
            assert!(results.iter().all(Result::is_ok), "{missed}");
            web.assert_peak(2);
        });
    }
}
