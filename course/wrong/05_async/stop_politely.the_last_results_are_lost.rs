// Wrong: it waits for what is in flight, and does not keep what comes of it.
// rejected by what_is_in_flight_is_finished_and_nothing_else_begins: 6 fetches began, and 3 pages came

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
    let mut results = Vec::new();
    let mut stop = std::pin::pin!(stop);
    let mut waiting = urls.iter();
    let mut running = stream::FuturesUnordered::new();
    loop {
        while running.len() < 3
            && let Some(url) = waiting.next()
        {
            running.push(fetch(client, url));
        }
        tokio::select! {
            biased;
            () = &mut stop => {
                while running.next().await.is_some() {}
                return results;
            }
            next = running.next() => match next {
                Some(result) => results.push(result),
                None => return results,
            },
        }
    }
}
