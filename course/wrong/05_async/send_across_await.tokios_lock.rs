// Wrong: tokio's lock may be held across an await. So it is, and one fetches at a time.
// rejected by three_tasks_fetch_at_the_same_time_and_share_the_addresses: 1 request was in flight together, and 3 were wanted

use std::collections::VecDeque;
use std::sync::Arc;

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

type Fetched = Result<Page, FetchError>;

/// Takes addresses from the queue as long as there are any, and fetches them.
async fn work(client: Client, queue: Arc<Mutex<VecDeque<Url>>>) -> Vec<Fetched> {
    let mut results = Vec::new();
    while let Some(url) = queue.lock().await.pop_front() {
        results.push(fetch(&client, &url).await);
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
