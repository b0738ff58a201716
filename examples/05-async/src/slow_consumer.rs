//! A slow body after `buffered`: who has the fetches go on while it runs?

use futures_util::stream::{self, StreamExt as _};
use tokio::join;
use tokio::sync::mpsc;

use crate::{Client, FetchError, Page, Url, fetch};

/// A page, or why there is none.
type Outcome = Result<Page, FetchError>;

// ANCHOR: in_the_loop
/// Fetches all pages, `workers` at once, and hands each to `body`, in order.
///
/// While `body` runs, nobody polls the fetches.
pub async fn in_the_loop(
    client: &Client,
    urls: &[Url],
    workers: usize,
    mut body: impl AsyncFnMut(Outcome),
) {
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    let mut pages = fetches.buffered(workers);
    while let Some(page) = pages.next().await {
        body(page).await;
    }
}
// ANCHOR_END: in_the_loop

// ANCHOR: in_tasks
/// The same, but each fetch is a task, and goes on by itself.
///
/// A fetch that panicked is left out.
pub async fn in_tasks(
    client: &Client,
    urls: &[Url],
    workers: usize,
    mut body: impl AsyncFnMut(Outcome),
) {
    let tasks = stream::iter(urls).map(|url| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { fetch(&client, &url).await })
    });
    let mut tasks = tasks.buffered(workers);
    while let Some(joined) = tasks.next().await {
        if let Ok(page) = joined {
            body(page).await;
        }
    }
}
// ANCHOR_END: in_tasks

// ANCHOR: through_a_channel
/// The same with a channel between: two futures, and `join!` polls them both.
pub async fn through_a_channel(
    client: &Client,
    urls: &[Url],
    workers: usize,
    mut body: impl AsyncFnMut(Outcome),
) {
    let (tx, mut rx) = mpsc::channel(workers);
    let produce = async move {
        let fetches = stream::iter(urls).map(|url| fetch(client, url));
        let mut pages = fetches.buffered(workers);
        while let Some(page) = pages.next().await {
            // It fails only if nobody receives any more, and then nobody wants the rest.
            if tx.send(page).await.is_err() {
                return;
            }
        }
    };
    let consume = async {
        while let Some(page) = rx.recv().await {
            body(page).await;
        }
    };
    join!(produce, consume);
}
// ANCHOR_END: through_a_channel
