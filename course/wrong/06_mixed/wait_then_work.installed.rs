// Wrong: `install` has it done by the pool, and the loop's thread blocks until it is done.
// rejected by four_wait_and_two_work_while_the_loop_goes_on: the loop stood still while a page was at work

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
        Ok(pool.install(|| work(page)))
    };
    join_all(urls.iter().map(page_by_page)).await
}
