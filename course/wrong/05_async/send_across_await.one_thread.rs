// Wrong: a `LocalSet` asks for no `Send`. The guard is still held, and the second task blocks the only thread.
// rejected by three_tasks_fetch_at_the_same_time_and_share_the_addresses: it hangs: nothing came of it within 10 s

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::task::{JoinSet, LocalSet};

type Fetched = Result<Page, FetchError>;

/// Takes addresses from the queue as long as there are any, and fetches them.
async fn work(client: Client, queue: Arc<Mutex<VecDeque<Url>>>) -> Vec<Fetched> {
    let mut results = Vec::new();
    while let Some(url) = queue.lock().expect("no panic").pop_front() {
        results.push(fetch(&client, &url).await);
    }
    results
}

/// So many tasks fetch all pages. The results are in no order.
async fn fetch_all(client: &Client, urls: &[Url], tasks: usize) -> Vec<Fetched> {
    let queue = Arc::new(Mutex::new(VecDeque::from(urls.to_vec())));
    let local = LocalSet::new();
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        set.spawn_local_on(work(client.clone(), Arc::clone(&queue)), &local);
    }
    local.run_until(set.join_all()).await.into_iter().flatten().collect()
}
