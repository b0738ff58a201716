// Wrong: each future is awaited before the next one is polled.
// rejected by six_futures_on_one_thread: 1 request was in flight together, and 6 were wanted

use std::thread;

use course::asynchronous::{self, block_on};
use course::{Client, FetchError, Page, Url, fetch};
use futures_util::future::join_all;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

type Fetched = Result<Page, FetchError>;

fn with_threads(client: &Client, urls: &[Url]) -> Vec<Fetched> {
    thread::scope(|scope| {
        let threads = urls.iter().map(|url| scope.spawn(move || fetch(client, url)));
        // CHANGED: collected, or each would be joined before the next one begins.
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn with_a_pool(client: &Client, urls: &[Url]) -> Vec<Fetched> {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    pool.install(|| urls.par_iter().map(|url| fetch(client, url)).collect())
}

async fn with_futures(client: &asynchronous::Client, urls: &[Url]) -> Vec<Fetched> {
    let fetches: Vec<_> =
        urls.iter().map(|url| asynchronous::fetch(client, url)).collect();
    let mut results = Vec::new();
    for fetch in fetches {
        results.push(fetch.await);
    }
    results
}
