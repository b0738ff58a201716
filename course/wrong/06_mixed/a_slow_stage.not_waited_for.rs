// Wrong: the bound is there, and nobody waits for the thread: what is in the queue is lost.
// rejected by the_downloads_wait_for_the_thread_and_nothing_is_lost: of 8 pages were stored when it returned

use std::thread;

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::sync::mpsc;

type Store = Box<dyn FnMut(Result<Page, FetchError>) + Send>;

/// Downloads one page after another, and has a thread store each meanwhile.
async fn download(client: &Client, urls: &[Url], mut store: Store) {
    let (downloaded, mut to_store) = mpsc::channel(2);
    thread::spawn(move || {
        while let Some(page) = to_store.blocking_recv() {
            store(page);
        }
    });
    for url in urls {
        let _ = downloaded.send(fetch(client, url).await).await;
    }
}
