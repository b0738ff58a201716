// Wrong: one task that joins all of them. The first panic ends it, and the other pages with it.
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
    let (client, urls) = (client.clone(), urls.to_vec());
    let task = tokio::spawn(async move {
        join_all(urls.iter().map(|url| fetch_full(&client, url))).await
    });
    match task.await {
        Ok(pages) => pages.into_iter().map(Ok).collect(),
        Err(panicked) => vec![Err(panicked)],
    }
}
