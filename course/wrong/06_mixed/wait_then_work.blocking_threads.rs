// Wrong: `spawn_blocking` leaves the loop alone, and computes on as many threads as there are pages.
// rejected by four_wait_and_two_work_while_the_loop_goes_on: not the threads of the pool were at work

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;

/// Fetches all pages together, and works on each as soon as it is there.
async fn fetch_and_work<T: Send + 'static>(
    client: &Client,
    urls: &[Url],
    pool: &rayon::ThreadPool,
    work: fn(Page) -> T,
) -> Vec<Result<T, FetchError>> {
    let page_by_page = async |url: &Url| {
        let page = fetch(client, url).await?;
        Ok(tokio::task::spawn_blocking(move || work(page)).await.expect("no panic"))
    };
    join_all(urls.iter().map(page_by_page)).await
}
