// Wrong: a bounded channel for threads: its `send` blocks the loop's thread when there is no room.
// rejected by the_downloads_wait_for_the_thread_and_nothing_is_lost: it hangs

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::task;

type Store = Box<dyn FnMut(Result<Page, FetchError>) + Send>;

/// Downloads one page after another, and has a thread store each meanwhile.
async fn download(client: &Client, urls: &[Url], mut store: Store) {
    let (downloaded, to_store) = crossbeam_channel::bounded(2);
    let storing = task::spawn_blocking(move || {
        for page in to_store {
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
