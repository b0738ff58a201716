// A downloader: at most four pages in flight, a deadline for each try, and further tries
// for what may end otherwise. Its two layers are there, and do nothing of the kind yet.
// The page: book/05-async/recap.md

use course::FetchErrorKind::{Status, Timeout};
use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url, draw_async};
use futures_util::stream::{self, StreamExt as _};
use std::time::Duration;
use tokio::time::{sleep, timeout};

type Fetched = Result<Page, FetchError>;

/// Tries up to four times, while the answer is a status from 500 on: after 10 ms, then
/// after twice as long each time. A try that takes longer than `limit` is a timeout.
async fn download(client: &Client, url: &Url, limit: Duration) -> Fetched {
    let mut wait = Duration::from_millis(10);
    let mut attempt = 1;
    loop {
        // CHANGED: a fresh limit for each try; the waits between them are not part of it.
        let in_time = timeout(limit, fetch(client, url)).await;
        let result = in_time.unwrap_or_else(|_| {
            let (url, kind) = (url.clone(), Timeout);
            Err(FetchError { url, elapsed: limit, kind })
        });
        // CHANGED: a success, a 404 and a timeout leave here, and so does the last try.
        let worth_it =
            matches!(&result, Err(error) if matches!(error.kind, Status(500..)));
        if attempt == 4 || !worth_it {
            return result;
        }
        sleep(wait).await;
        wait *= 2;
        attempt += 1;
    }
}

/// One result for each address, in the order of the addresses.
async fn download_all(client: &Client, urls: &[Url], limit: Duration) -> Vec<Fetched> {
    // CHANGED: `buffered` begins a page when one before it is done, and keeps the order.
    // The tries of a page, and the waits between, hold its place: that spares the server.
    let pages = stream::iter(urls).map(|url| download(client, url, limit));
    pages.buffered(4).collect().await
}

fn main() {
    let limit = Duration::from_millis(180);
    draw_async(async move |web, urls: Vec<_>| download_all(&web, &urls, limit).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::{block_on, client};
    use course::{PATIENCE, Web, within};
    fn check(web: Web, paths: &[&str], limit: Duration, wanted: &[&str], ask: fn(&Web)) {
        let urls: Vec<_> = paths.iter().map(|path| web.url(path)).collect();
        let client = client(6 * PATIENCE);
        let results = within(move || block_on(download_all(&client, &urls, limit)));
        ask(&web);
        let path = |page: Page| page.url.path().to_owned();
        let told = |one: Fetched| one.map_or_else(|error| error.kind.to_string(), path);
        let seen: Vec<_> = results.into_iter().map(told).collect();
        assert!(seen == wanted, "this came: {seen:?}; and this was wanted: {wanted:?}");
    }
    #[test]
    fn four_at_a_time() {
        let paths = ["/site-1"; 8];
        check(Web::in_groups(1, 4), &paths, PATIENCE, &paths, Web::assert_together);
    }
    #[test]
    fn a_silent_site_is_a_timeout_in_its_place() {
        let paths = ["site-1", "never", "site-2"];
        let wanted = ["/site-1", "timeout", "/site-2"];
        check(Web::of(2), &paths, PATIENCE / 10, &wanted, |web| web.assert_requests(3));
    }
    #[test]
    fn a_503_is_tried_four_times_and_a_404_once() {
        let (paths, wanted) =
            (["status/503", "status/404"], ["status 503", "status 404"]);
        check(Web::of(0), &paths, PATIENCE, &wanted, |web| web.assert_requests(4 + 1));
    }
}
