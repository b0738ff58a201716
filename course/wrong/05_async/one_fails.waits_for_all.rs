// Wrong: all results, and then the first error among them.
// rejected by the_first_error_gives_up_the_others: one failed, and it still waits for the rest

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;

/// All pages, in the order of the addresses; or the first error, the rest given up.
async fn all_or_none(client: &Client, urls: &[Url]) -> Result<Vec<Page>, FetchError> {
    let results = join_all(urls.iter().map(|url| fetch(client, url))).await;
    results.into_iter().collect()
}
