// Wrong: tasks, each of which is awaited before the next one is spawned.
// rejected by all_five_are_in_flight_together_on_one_thread: 1 request was in flight together, and 5 were wanted

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let mut results = Vec::new();
    for url in urls {
        let (client, url) = (client.clone(), url.clone());
        let task = tokio::spawn(async move { fetch(&client, &url).await });
        results.push(task.await.expect("no panic"));
    }
    results
}
