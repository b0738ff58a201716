// A task downloads, and a thread stores, which takes longer. Pages pile up between them
// as in a `queue.Queue()` without `maxsize`, and in the end nobody waits for the last.
// The page: book/05-async/back-pressure.md

use std::thread;

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::sync::mpsc;

type Store = Box<dyn FnMut(Result<Page, FetchError>) + Send>;

/// Downloads one page after another, and has a thread store each meanwhile.
async fn download(client: &Client, urls: &[Url], mut store: Store) {
    // TODO: let no more than two pages wait in the queue. Return when all are stored. Do
    // not block the thread of the loop.
    let (downloaded, mut to_store) = mpsc::unbounded_channel();
    thread::spawn(move || {
        while let Some(page) = to_store.blocking_recv() {
            store(page);
        }
    });
    for url in urls {
        let _ = downloaded.send(fetch(client, url).await);
    }
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
