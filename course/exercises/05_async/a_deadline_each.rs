// One of these pages never comes. One deadline around all of them keeps its word, and
// loses what had arrived. Wanted: a deadline for each, and the pages that come in time.
// The page: book/05-async/deadlines.md

use std::time::Duration;

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url, draw_async};
use futures_util::stream::{self, StreamExt as _};
use tokio::time::timeout;

/// Fetches two at a time. Each has its own `limit`; then it is given up, and a timeout.
///
/// One result for each address, in the order of the addresses.
async fn fetch_each_within(
    client: &Client,
    urls: &[Url],
    limit: Duration,
) -> Vec<Result<Page, FetchError>> {
    // TODO: give each fetch a deadline of its own. Make an error of one that is late.
    let fetches = urls.iter().map(|url| fetch(client, url));
    let results = stream::iter(fetches).buffered(2).collect();
    timeout(limit, results).await.unwrap_or_default()
}

fn main() {
    let limit = Duration::from_millis(100);
    draw_async(async move |web, urls: Vec<_>| {
        fetch_each_within(&web, &urls, limit).await
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{PATIENCE, Web, asynchronous};

    #[test]
    fn who_is_late_is_a_timeout_in_its_place() {
        // A runtime that runs on while the server is asked: its end hangs up for all.
        asynchronous::block_on_threads(1, async {
            let web = Web::of(1);
            let client = asynchronous::client(6 * PATIENCE);
            // The last is given up: until a server notices, it counts as in flight.
            let paths = ["delay/1200", "site-1", "delay/1200", "never"];
            let urls = paths.map(|path| web.url(path));
            let fetches = fetch_each_within(&client, &urls, Duration::from_secs(2));
            let results = timeout(PATIENCE, fetches).await;
            let results =
                results.expect("it hangs: a page that never comes has no deadline");
            let seen: Vec<_> = (results.iter())
                .map(|result| match result {
                    Ok(page) => page.url.path().to_owned(),
                    Err(error) => error.kind.to_string(),
                })
                .collect();
            let wanted = ["/delay/1200", "/site-1", "/delay/1200", "timeout"];
            assert!(seen == wanted, "there came {seen:?}, and {wanted:?} were wanted");
            web.assert_peak(2);
            web.assert_given_up(1);
        });
    }
}
