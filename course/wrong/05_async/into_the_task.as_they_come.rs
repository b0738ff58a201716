// Wrong: a `JoinSet` to its end. All is there, and in completion order.
// rejected by all_five_are_in_flight_together: the order of the addresses is lost

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::task::{JoinError, JoinSet};

async fn fetch_full(client: &Client, url: &Url) -> Result<Page, FetchError> {
    let page = fetch(client, url).await?;
    assert!(page.bytes > 0, "an empty page");
    Ok(page)
}

async fn fetch_each(
    client: &Client,
    urls: &[Url],
) -> Vec<Result<Result<Page, FetchError>, JoinError>> {
    let mut tasks = JoinSet::new();
    for url in urls {
        let (client, url) = (client.clone(), url.clone());
        tasks.spawn(async move { fetch_full(&client, &url).await });
    }
    let mut results = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        results.push(joined);
    }
    results
}
