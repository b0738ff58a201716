//! Dropping a future cancels it. What runs by itself goes on.

use futures_util::future::pending;
use tokio::select;
use tokio::task::{self, JoinSet};

use crate::{Client, FetchError, Page, Url, fetch, fetch_all};

// ANCHOR: drop_the_future
/// Fetches all pages, unless `stop` comes first: then they are dropped.
pub async fn drop_the_future(
    client: &Client,
    urls: &[Url],
    stop: impl Future<Output = ()>,
) -> Option<Vec<Result<Page, FetchError>>> {
    select! {
        results = fetch_all(client, urls) => Some(results),
        () = stop => None,
    }
}
// ANCHOR_END: drop_the_future

// ANCHOR: abort_the_tasks
/// Gives each page a task, and aborts them all when `stop` comes. Returns how many were
/// cancelled by that.
pub async fn abort_the_tasks(
    client: &Client,
    urls: &[Url],
    stop: impl Future<Output = ()>,
) -> usize {
    let tasks: Vec<_> = urls.iter().map(|url| spawn_fetch(client, url)).collect();
    stop.await;
    let mut cancelled = 0;
    for task in tasks {
        task.abort();
        // The abort is a request. The answer comes when the future has been dropped.
        cancelled += usize::from(task.await.is_err_and(|error| error.is_cancelled()));
    }
    cancelled
}
// ANCHOR_END: abort_the_tasks

// ANCHOR: spawn_fetch
/// Starts a fetch as a task of its own, which must own what it uses.
fn spawn_fetch(client: &Client, url: &Url) -> task::JoinHandle<Result<Page, FetchError>> {
    // A clone of a client is another handle to the same one.
    let (client, url) = (client.clone(), url.clone());
    tokio::spawn(async move { fetch(&client, &url).await })
}
// ANCHOR_END: spawn_fetch

// ANCHOR: drop_the_join_set
/// Gives each page a task in a `JoinSet`, and drops the set when `stop` comes.
pub async fn drop_the_join_set(
    client: &Client,
    urls: &[Url],
    stop: impl Future<Output = ()>,
) {
    let mut tasks = JoinSet::new();
    for url in urls {
        let (client, url) = (client.clone(), url.clone());
        tasks.spawn(async move { fetch(&client, &url).await });
    }
    stop.await;
} // the set aborts its tasks here
// ANCHOR_END: drop_the_join_set

// ANCHOR: drop_the_handles
/// Gives each page a task, and drops the handles when `stop` comes: the tasks run on.
pub async fn drop_the_handles(
    client: &Client,
    urls: &[Url],
    stop: impl Future<Output = ()>,
) {
    let tasks: Vec<_> = urls.iter().map(|url| spawn_fetch(client, url)).collect();
    stop.await;
    drop(tasks);
}
// ANCHOR_END: drop_the_handles

// ANCHOR: abort_the_threads
/// Gives each page a thread of `spawn_blocking`, and aborts them all when `stop` comes:
/// what has begun runs on.
pub async fn abort_the_threads(
    client: &sequential_fetch::Client,
    urls: &[Url],
    stop: impl Future<Output = ()>,
) {
    let start = |url: &Url| {
        let (client, url) = (client.clone(), url.clone());
        task::spawn_blocking(move || sequential_fetch::fetch(&client, &url))
    };
    let threads: Vec<_> = urls.iter().map(start).collect();
    stop.await;
    threads.iter().for_each(task::JoinHandle::abort);
}
// ANCHOR_END: abort_the_threads

// ANCHOR: wait_with_clean_up
/// Waits for ever, and tells of its steps.
pub async fn wait_with_clean_up(tell: impl Fn(&'static str)) {
    let _clean_up = OnDrop(|| tell("Drop"));
    tell("before the await");
    pending::<()>().await;
    tell("after the await");
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
// ANCHOR_END: wait_with_clean_up
