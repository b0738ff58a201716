// Wrong: the results of the tasks that panicked are left out: nobody will know.
// rejected by a_panic_costs_its_own_page_alone: so many panics, of so many results

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::future::join_all;
use tokio::task::JoinError;

async fn fetch_full(client: &Client, url: &Url) -> Result<Page, FetchError> {
    let page = fetch(client, url).await?;
    assert!(page.bytes > 0, "an empty page");
    Ok(page)
}

async fn fetch_each(
    client: &Client,
    urls: &[Url],
) -> Vec<Result<Result<Page, FetchError>, JoinError>> {
    let tasks: Vec<_> = urls
        .iter()
        .map(|url| {
            let (client, url) = (client.clone(), url.clone());
            tokio::spawn(async move { fetch_full(&client, &url).await })
        })
        .collect();
    join_all(tasks).await.into_iter().filter(Result::is_ok).collect()
}
