// Wrong: it returns at the first error, and drops handles. The tasks run on.
// rejected by the_first_error_gives_up_the_others: 2 requests were still in flight, and nobody waits for the answer

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::try_join_all;

/// All pages, in the order of the addresses; or the first error, the rest given up.
async fn all_or_none(client: &Client, urls: &[Url]) -> Result<Vec<Page>, FetchError> {
    let start = |url: &Url| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { fetch(&client, &url).await })
    };
    let tasks: Vec<_> = urls.iter().map(start).collect();
    try_join_all(tasks.into_iter().map(async |task| task.await.expect("no panic"))).await
}
