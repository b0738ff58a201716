//! Calls that block, and the thread that they block.

use std::any::Any;
use std::io;
use std::thread;
use std::time::Instant;

use futures_util::future::join_all;
pub use sequential_fetch::{Client, client};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::{FetchError, FetchErrorKind, Page, Url};

/// Fetches one page with chapter 1's blocking `fetch`, on a thread where blocking is
/// allowed. Waits without holding one.
///
/// # Errors
///
/// As chapter 1's; `Lost` when the fetch panicked.
// ANCHOR: fetch
pub async fn fetch(client: &Client, url: &Url) -> Result<Page, FetchError> {
    let began = Instant::now();
    // The other thread may outlive this future: what it uses is its own.
    let (theirs, address) = (client.clone(), url.clone());
    let fetched = spawn_blocking(move || sequential_fetch::fetch(&theirs, &address));
    fetched.await.unwrap_or_else(|panic| {
        let kind = FetchErrorKind::Lost(panic.to_string());
        Err(FetchError { url: url.clone(), elapsed: began.elapsed(), kind })
    })
}
// ANCHOR_END: fetch

// ANCHOR: fetch_all
/// Fetches all pages at once, each on a thread of its own, as far as the runtime allows.
///
/// One result for each address, in the order of the addresses.
pub async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    join_all(urls.iter().map(|url| fetch(client, url))).await
}
// ANCHOR_END: fetch_all

/// An address, and where to send what comes of it.
pub type Order = (Url, oneshot::Sender<Result<Page, FetchError>>);

/// Starts a thread that fetches what it is asked for, one page after another.
///
/// It ends when the last sender is dropped.
///
/// # Errors
///
/// When the operating system has no thread left to give.
// ANCHOR: own_thread
pub fn own_thread(client: Client) -> io::Result<mpsc::Sender<Order>> {
    let (ask, mut asked) = mpsc::channel::<Order>(16);
    thread::Builder::new().spawn(move || {
        while let Some((url, answer)) = asked.blocking_recv() {
            // Fails if nobody waits for this page any more.
            let _ = answer.send(sequential_fetch::fetch(&client, &url));
        }
    })?;
    Ok(ask)
}
// ANCHOR_END: own_thread

/// The page, or nothing where the thread is gone.
// ANCHOR: ask
pub async fn ask(
    thread: &mpsc::Sender<Order>,
    url: &Url,
) -> Option<Result<Page, FetchError>> {
    let (answer, answered) = oneshot::channel();
    thread.send((url.clone(), answer)).await.ok()?;
    answered.await.ok()
}
// ANCHOR_END: ask

/// Runs `future` as a task, and gives the words that it panics with; nothing if it does not.
pub async fn panic_of<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Option<String> {
    let panic = tokio::spawn(future).await.err()?.try_into_panic().ok()?;
    Some(words(&*panic))
}

/// What `panic!` was given.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
