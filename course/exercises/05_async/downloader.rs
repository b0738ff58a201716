// A downloader: at most four pages in flight, a deadline for each try, and further tries
// for what may end otherwise. Its two layers are there, and do nothing of the kind yet.
// The page: book/05-async/recap.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url, draw_async};
use futures_util::future::join_all;
use std::time::Duration;

type Fetched = Result<Page, FetchError>;

/// Tries up to four times, while the answer is a status from 500 on: after 10 ms, then
/// after twice as long each time. A try that takes longer than `limit` is a timeout.
async fn download(client: &Client, url: &Url, limit: Duration) -> Fetched {
    fetch(client, url).await // TODO: a deadline for this try; then the other tries.
}

/// One result for each address, in the order of the addresses.
async fn download_all(client: &Client, urls: &[Url], limit: Duration) -> Vec<Fetched> {
    join_all(urls.iter().map(|url| download(client, url, limit))).await // TODO: bound it
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
