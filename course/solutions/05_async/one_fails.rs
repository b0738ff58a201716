// All pages or none: when one fails, nobody wants the others, and the server should not
// work for them. This tells of the error too late, and what is in flight goes on.
// The page: book/05-async/when-one-fails.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::try_join_all;

/// All pages, in the order of the addresses; or the first error, the rest given up.
async fn all_or_none(client: &Client, urls: &[Url]) -> Result<Vec<Page>, FetchError> {
    // CHANGED: futures, and no tasks. `try_join_all` owns them, returns at whichever
    // error comes first, and drops the rest. A dropped fetch hangs up; a dropped
    // `JoinHandle` lets its task run on.
    try_join_all(urls.iter().map(|url| fetch(client, url))).await
}

fn main() {
    course::draw_async(async |client, mut urls| {
        urls.push(urls[0].join("/status/500").expect("an address"));
        all_or_none(&client, &urls).await.map(|pages| pages.len())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::{block_on_threads, client};
    use course::{PATIENCE, SlowWeb, Web, assert_pages};
    use tokio::time::{Duration, timeout};

    #[test]
    fn the_first_error_gives_up_the_others() {
        // One of three fails when all have come. The others are answered a minute later.
        let waits = [60, 0, 60].map(Duration::from_secs);
        let three = SlowWeb::builder().sites(waits).barrier(3, PATIENCE / 2);
        let web = Web::from(three.error_rate(1.0));
        block_on_threads(2, async {
            let (client, urls) = (client(3 * PATIENCE), web.urls());
            let answer = timeout(PATIENCE / 2, all_or_none(&client, &urls)).await;
            assert!(answer.is_ok(), "one failed, and it still waits for the rest");
            assert!(matches!(answer, Ok(Err(_))), "one has failed, and no error came");
            web.assert_given_up(2);
        });
    }

    #[test]
    fn all_pages_in_order_when_none_fails() {
        let web =
            Web::from(SlowWeb::builder().sites([300, 0, 0].map(Duration::from_millis)));
        let pages = block_on_threads(2, all_or_none(&client(PATIENCE), &web.urls()));
        let results: Vec<_> = pages.expect("no error").into_iter().map(Ok).collect();
        assert_pages(&results, &web.urls());
    }
}
