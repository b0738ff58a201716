// Wrong: first all pages, then all the work by `par_iter`. It holds the loop's thread until all of it is done.
// rejected by four_wait_and_two_work_while_the_loop_goes_on: the loop stood still while a page was at work

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;
use rayon::prelude::*;

/// Fetches all pages together, and works on each as soon as it is there.
async fn fetch_and_work<T: Send + 'static>(
    client: &Client,
    urls: &[Url],
    pool: &rayon::ThreadPool,
    work: fn(Page) -> T,
) -> Vec<Result<T, FetchError>> {
    let pages = join_all(urls.iter().map(|url| fetch(client, url))).await;
    pool.install(|| pages.into_par_iter().map(|page| page.map(work)).collect())
}
