// Five sites, and an `.await` for each in a loop: one after another, as with calls that
// block. The thread is free during every wait, and nobody has given it anything to do.
// The page: book/05-async/one-thread.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;

/// One result for each address, in the order of the addresses.
async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    // CHANGED: one `.await`, for all of them. An `.await` polls its own future and no
    // other; `join_all` is one future that polls all of its own, and keeps their order.
    join_all(urls.iter().map(|url| fetch(client, url))).await
}

fn main() {
    course::draw_async(async |client, urls| fetch_all(&client, &urls).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::{assert_begun_here, block_on, client};
    use course::{PATIENCE, SlowWeb, Web, assert_pages, within};
    use std::time::Duration;

    #[test]
    fn all_five_are_in_flight_together_on_one_thread() {
        within(|| {
            // None is answered before all five have come; then the first is the slowest.
            let waits = [300, 0, 0, 0, 0].map(Duration::from_millis);
            let web = Web::from(SlowWeb::builder().sites(waits).barrier(5, PATIENCE / 2));
            let (client, urls) = (client(PATIENCE), web.urls());
            let results = block_on(fetch_all(&client, &urls));
            web.assert_peak(5);
            assert_begun_here(5);
            assert_pages(&results, &urls);
        });
    }
}
