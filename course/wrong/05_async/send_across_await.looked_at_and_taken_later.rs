// Wrong: two critical sections, one to look and one to take. In between, the others see the same address.
// rejected by three_tasks_fetch_at_the_same_time_and_share_the_addresses: ["/site-1", "/site-1", "/site-1"

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::task::JoinSet;

type Fetched = Result<Page, FetchError>;

/// Takes addresses from the queue as long as there are any, and fetches them.
async fn work(client: Client, queue: Arc<Mutex<VecDeque<Url>>>) -> Vec<Fetched> {
    let mut results = Vec::new();
    let first = || queue.lock().expect("no panic").front().cloned();
    while let Some(url) = first() {
        results.push(fetch(&client, &url).await);
        queue.lock().expect("no panic").pop_front();
    }
    results
}

/// So many tasks fetch all pages. The results are in no order.
async fn fetch_all(client: &Client, urls: &[Url], tasks: usize) -> Vec<Fetched> {
    let queue = Arc::new(Mutex::new(VecDeque::from(urls.to_vec())));
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        set.spawn(work(client.clone(), Arc::clone(&queue)));
    }
    set.join_all().await.into_iter().flatten().collect()
}
