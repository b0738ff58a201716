// Three tasks take their addresses from one queue, until it is empty. The compiler does
// not let them move between threads, for something that they keep across their `.await`.
// The page: book/05-async/lock-across-await.md

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::task::JoinSet;

type Fetched = Result<Page, FetchError>;

/// Takes addresses from the queue as long as there are any, and fetches them.
async fn work(client: Client, queue: Arc<Mutex<VecDeque<Url>>>) -> Vec<Fetched> {
    let mut results = Vec::new();
    // CHANGED: the guard is a temporary of this closure, dropped when it returns. In the
    // head of a `while let` it lives as long as the loop's body, and so across the fetch.
    let next = || queue.lock().expect("no panic").pop_front();
    while let Some(url) = next() {
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

fn main() {
    course::draw_async(async |client, urls| fetch_all(&client, &urls, 3).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::{block_on_threads, client};
    use course::{PATIENCE, Web, within};

    #[test]
    fn three_tasks_fetch_at_the_same_time_and_share_the_addresses() {
        within(|| {
            let web = Web::in_groups(6, 3);
            let (client, urls) = (client(PATIENCE), web.urls());
            let results = block_on_threads(2, fetch_all(&client, &urls, 3));
            web.assert_together();
            let pages = results.iter().flatten();
            let mut seen: Vec<_> = pages.map(|page| page.url.path()).collect();
            seen.sort_unstable();
            let wanted =
                ["/site-1", "/site-2", "/site-3", "/site-4", "/site-5", "/site-6"];
            assert!(seen == wanted, "the pages {seen:?} came, and not {wanted:?}");
        });
    }
}
