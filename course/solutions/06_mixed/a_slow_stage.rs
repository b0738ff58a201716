// A task downloads, and a thread stores, which takes longer. Pages pile up between them
// as in a `queue.Queue()` without `maxsize`, and in the end nobody waits for the last.
// The page: book/05-async/back-pressure.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::sync::mpsc;
use tokio::task;

type Store = Box<dyn FnMut(Result<Page, FetchError>) + Send>;

/// Downloads one page after another, and has a thread store each meanwhile.
async fn download(client: &Client, urls: &[Url], mut store: Store) {
    // CHANGED: with a bound, who is slow slows down whoever feeds it.
    let (downloaded, mut to_store) = mpsc::channel(2);
    // CHANGED: a thread of the runtime, for it has a
    // handle that can be awaited. `join` would block.
    let storing = task::spawn_blocking(move || {
        while let Some(page) = to_store.blocking_recv() {
            store(page);
        }
    });
    for url in urls {
        // CHANGED: `send` waits for room, and the loop's thread does not wait with
        // it. It fails if the thread has panicked: then nobody stores the others.
        if downloaded.send(fetch(client, url).await).await.is_err() {
            break;
        }
    }
    // CHANGED: the only sender. The thread takes what is queued, and its loop ends.
    drop(downloaded);
    // CHANGED: only now is all stored.
    storing.await.expect("no panic");
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{PATIENCE, Web, asynchronous as a, comes_true, within};
    use std::{sync::LazyLock, sync::mpsc::channel, time::Duration};

    #[test]
    fn the_downloads_wait_for_the_thread_and_nothing_is_lost() {
        static WEB: LazyLock<Web> = LazyLock::new(|| Web::of(8));
        let (keep, kept) = channel();
        let answer = async {
            let the_loop = tokio::runtime::Handle::current();
            let store = move |page: Result<Page, _>| {
                comes_true(|| WEB.requests() >= 3); // They go on meanwhile.
                let (tell, told) = channel();
                let pause = async || tokio::time::sleep(Duration::from_millis(100)).await;
                the_loop.spawn(async move { (pause().await, tell.send(())) });
                let heard = told.recv().is_ok(); // Never while the loop is blocked.
                let stored = (page.expect("a page").url, WEB.requests());
                let _ = heard && keep.send(stored).is_ok();
            };
            download(&a::client(PATIENCE), &WEB.urls(), Box::new(store)).await;
        };
        within(|| a::block_on(answer));
        let (stored, asked): (Vec<_>, Vec<_>) = kept.try_iter().unzip();
        let n = stored.len();
        assert!(stored == WEB.urls(), "{n} of 8 pages were stored when it returned");
        let ahead = (1..).zip(asked).map(|(n, m)| m - n).max().unwrap_or(0);
        assert!(ahead <= 3, "{ahead} pages ran ahead, and 3 were wanted: 2 in the queue");
    }
}
