// Wrong: it compiles with clones, and each task is awaited before the next one is spawned.
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
    let mut results = Vec::new();
    for url in urls {
        let (client, url) = (client.clone(), url.clone());
        let task = tokio::spawn(async move { fetch_full(&client, &url).await });
        results.push(task.await);
    }
    results
}
