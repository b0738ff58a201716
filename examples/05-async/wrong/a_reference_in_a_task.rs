use asynchronous::{Client, FetchError, Page, Url, fetch};
use tokio::task::JoinSet;

pub async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let mut tasks = JoinSet::new();
    for url in urls {
        tasks.spawn(fetch(client, url));
    }
    tasks.join_all().await
}

fn main() {}
