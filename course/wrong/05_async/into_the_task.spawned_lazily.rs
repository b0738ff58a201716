// Wrong: without a `collect`, the loop takes one handle from the iterator, and that spawns one task.
// rejected by all_five_are_in_flight_together: 1 request was in flight together, and 5 were wanted

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
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
    let tasks = urls.iter().map(|url| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { fetch_full(&client, &url).await })
    });
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await);
    }
    results
}
