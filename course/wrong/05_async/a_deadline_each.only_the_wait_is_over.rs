// Wrong: the deadline is around the handle of a task: the wait ends, and the task goes on.
// rejected by who_is_late_is_a_timeout_in_its_place: 1 request was still in flight, and nobody waits for the answer

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
    let fetches = urls.iter().map(async |url| {
        let (client, address) = (client.clone(), url.clone());
        let task = tokio::spawn(async move { fetch(&client, &address).await });
        match timeout(limit, task).await {
            Ok(result) => result.expect("no panic"),
            Err(_) => {
                let kind = course::FetchErrorKind::Timeout;
                Err(FetchError { url: url.clone(), elapsed: limit, kind })
            }
        }
    });
    stream::iter(fetches).buffered(2).collect().await
}
