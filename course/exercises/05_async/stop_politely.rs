// Nine pages, three at a time. Told to stop, it is to begin nothing new, and to wait for
// what is in flight: that work is nearly done. So far it does not hear of the stop.
// The page: book/05-async/ctrl-c.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url, draw_async};
use futures_util::stream::{self, StreamExt as _};

/// Fetches three at a time. When `stop` is ready, no other fetch begins.
///
/// One result for each fetch that has begun, in completion order.
async fn fetch_until(
    client: &Client,
    urls: &[Url],
    stop: impl Future<Output = ()>,
) -> Vec<Result<Page, FetchError>> {
    // TODO: listen to `stop`. What has begun comes to its end, and its result is kept.
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    fetches.buffer_unordered(3).collect().await
}

fn main() {
    let soon = || tokio::time::sleep(std::time::Duration::from_millis(60));
    draw_async(async move |web, urls: Vec<_>| fetch_until(&web, &urls, soon()).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{PATIENCE, Web, asynchronous, within};
    use tokio::{join, sync::Notify, task::yield_now};

    #[test]
    fn what_is_in_flight_is_finished_and_nothing_else_begins() {
        // Three are answered when the test has made a fourth request. It does so twice.
        let (begun, pages) = within(|| {
            let (web, stop) = (Web::in_groups(9, 4), Notify::new());
            let (client, urls) = (asynchronous::client(6 * PATIENCE), web.urls());
            let test = async {
                for requests in [3, 7] {
                    while web.requests() < requests {
                        yield_now().await;
                    }
                    if requests == 7 {
                        stop.notify_one();
                        yield_now().await; // now it has been told
                    }
                    let _ = fetch(&client, &urls[0]).await;
                }
            };
            let fetches = fetch_until(&client, &urls, async { stop.notified().await });
            let (results, ()) = asynchronous::block_on(async { join!(fetches, test) });
            web.assert_given_up(0);
            (web.requests() - 2, results.iter().flatten().count())
        });
        let seen = format!("{begun} fetches began, and {pages} pages came");
        let why = "3 had ended, and 3 were in flight, when it was told to stop";
        assert!((begun, pages) == (6, 6), "{seen}, and 6 of both were wanted: {why}");
    }
}
