// Wrong: the work is off the loop, and each page is fetched when the one before it is done.
// rejected by four_wait_and_two_work_while_the_loop_goes_on: 1 request was in flight together, and 4 were wanted

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use course::asynchronous::{Client, fetch};
use course::{FetchError, FetchErrorKind, Page, Url};
use tokio::sync::oneshot;

async fn on_rayon<T: Send + 'static>(
    pool: &rayon::ThreadPool,
    work: impl FnOnce() -> T + Send + 'static,
) -> thread::Result<T> {
    let (tell, told) = oneshot::channel();
    pool.spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(work));
        // Nobody waits any more if the future was dropped.
        let _ = tell.send(done);
    });
    told.await.unwrap_or_else(|lost| Err(Box::new(lost)))
}

/// Fetches all pages together, and works on each as soon as it is there.
async fn fetch_and_work<T: Send + 'static>(
    client: &Client,
    urls: &[Url],
    pool: &rayon::ThreadPool,
    work: fn(Page) -> T,
) -> Vec<Result<T, FetchError>> {
    let mut results = Vec::new();
    let page_by_page = async |url: &Url| {
        let page = fetch(client, url).await?;
        let elapsed = page.elapsed;
        on_rayon(pool, move || work(page)).await.map_err(|_| {
            let kind = FetchErrorKind::Lost("the work panicked".to_owned());
            FetchError { url: url.clone(), elapsed, kind }
        })
    };
    for url in urls {
        results.push(page_by_page(url).await);
    }
    results
}
