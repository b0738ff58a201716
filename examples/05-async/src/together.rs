//! Many futures at once: in which order their results come, and who is cancelled when one fails.

use std::panic;

use futures_util::future::{join_all, try_join_all};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::task::JoinSet;

use crate::{Client, FetchError, Page, Url, fetch};

// ANCHOR: spawn_all
/// Begins a task for each future. What a task returns carries the position of its future.
///
/// Dropping the set aborts the tasks that are not done.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn spawn_all<F>(futures: impl IntoIterator<Item = F>) -> JoinSet<(usize, F::Output)>
where
    F: Future<Output: Send> + Send + 'static,
{
    let futures = futures.into_iter().enumerate();
    futures.map(|(position, future)| async move { (position, future.await) }).collect()
}
// ANCHOR_END: spawn_all

// ANCHOR: in_slots
/// Waits for all tasks. Tells of each result as it comes, and puts it in its slot.
///
/// A slot stays empty if its task panicked, or was aborted; no other is touched by it.
///
/// # Panics
///
/// When a task was taken out of the set before, and its position is now too high.
pub async fn in_slots<T: 'static>(
    mut tasks: JoinSet<(usize, T)>,
    mut tell: impl FnMut(usize, &T),
) -> Vec<Option<T>> {
    let mut slots: Vec<Option<T>> = (0..tasks.len()).map(|_| None).collect();
    while let Some(joined) = tasks.join_next().await {
        if let Ok((position, result)) = joined {
            tell(position, &result);
            slots[position] = Some(result);
        }
    }
    slots
}
// ANCHOR_END: in_slots

// ANCHOR: as_completed
/// Fetches all pages, each in a task of its own.
///
/// The results in completion order.
pub async fn as_completed(
    client: &Client,
    urls: &[Url],
) -> Vec<Result<Page, FetchError>> {
    let fetches = urls.iter().map(|url| {
        // A task may outlive this function, so it owns what it needs. A clone of a
        // client is a handle: all of them share the connections.
        let (client, url) = (client.clone(), url.clone());
        async move { fetch(&client, &url).await }
    });
    let mut tasks = spawn_all(fetches);
    let mut pages = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        match joined {
            Ok((_position, page)) => pages.push(page),
            // Nobody aborts a task here, so it has panicked.
            Err(error) => panic::resume_unwind(error.into_panic()),
        }
    }
    pages
}
// ANCHOR_END: as_completed

// ANCHOR: unordered
/// Fetches all pages in the task of the caller.
///
/// The results in completion order, each with the position of its address.
pub async fn unordered(
    client: &Client,
    urls: &[Url],
) -> Vec<(usize, Result<Page, FetchError>)> {
    let fetches = urls.iter().enumerate();
    let mut fetches: FuturesUnordered<_> = fetches
        .map(async |(position, url)| (position, fetch(client, url).await))
        .collect();
    let mut pages = Vec::new();
    while let Some(page) = fetches.next().await {
        pages.push(page);
    }
    pages
}
// ANCHOR_END: unordered

// ANCHOR: all_results
/// Waits for all. The results are in the order of the futures, failed or not.
pub async fn all_results<T, E, F>(futures: Vec<F>) -> Vec<Result<T, E>>
where
    F: Future<Output = Result<T, E>>,
{
    join_all(futures).await
}

/// Waits for all, or for the first error: then the other futures are dropped.
pub async fn all_or_none<T, E, F>(futures: Vec<F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    try_join_all(futures).await
}
// ANCHOR_END: all_results

// ANCHOR: group
/// Runs each future as a task, and waits for all of them, or for the first error.
///
/// The values are in completion order. When this returns, no task is left: the others
/// have been aborted, and have ended.
pub async fn group<T, E, F>(futures: Vec<F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let mut tasks = JoinSet::from_iter(futures);
    let mut values = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        match joined {
            Ok(Ok(value)) => values.push(value),
            Ok(Err(error)) => {
                tasks.shutdown().await; // aborts all, and waits for their end
                return Err(error);
            }
            Err(panicked) => panic::resume_unwind(panicked.into_panic()),
        }
    }
    Ok(values)
}
// ANCHOR_END: group
