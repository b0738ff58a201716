// Wrong: nothing is lost, and the queue takes any number.
// rejected by the_downloads_wait_for_the_thread_and_nothing_is_lost: pages ran ahead, and 3 were wanted

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::sync::mpsc;
use tokio::task;

type Store = Box<dyn FnMut(Result<Page, FetchError>) + Send>;

/// Downloads one page after another, and has a thread store each meanwhile.
async fn download(client: &Client, urls: &[Url], mut store: Store) {
    let (downloaded, mut to_store) = mpsc::unbounded_channel();
    let storing = task::spawn_blocking(move || {
        while let Some(page) = to_store.blocking_recv() {
            store(page);
        }
    });
    for url in urls {
        if downloaded.send(fetch(client, url).await).is_err() {
            break;
        }
    }
    drop(downloaded);
    storing.await.expect("no panic");
}
