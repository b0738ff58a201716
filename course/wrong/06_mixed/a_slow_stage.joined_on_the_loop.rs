// Wrong: `join` waits for the thread, and blocks the loop's own thread meanwhile.
// rejected by the_downloads_wait_for_the_thread_and_nothing_is_lost: it hangs

use std::thread;

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::sync::mpsc;

type Store = Box<dyn FnMut(Result<Page, FetchError>) + Send>;

/// Downloads one page after another, and has a thread store each meanwhile.
async fn download(client: &Client, urls: &[Url], mut store: Store) {
    let (downloaded, mut to_store) = mpsc::channel(2);
    let storing = thread::spawn(move || {
        while let Some(page) = to_store.blocking_recv() {
            store(page);
        }
    });
    for url in urls {
        if downloaded.send(fetch(client, url).await).await.is_err() {
            break;
        }
    }
    drop(downloaded);
    storing.join().expect("no panic");
}
