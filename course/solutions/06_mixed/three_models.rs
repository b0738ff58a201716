// Six pages, in three ways: a thread each, a pool of two threads, and futures on a single
// thread. All bring the same, in the same order. So far, each asks one after another.
// The page: book/05-async/recap.md

use std::thread;

use course::asynchronous::{self, block_on};
use course::{Client, FetchError, Page, Url, fetch};
use futures_util::future::join_all;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

type Fetched = Result<Page, FetchError>;

fn with_threads(client: &Client, urls: &[Url]) -> Vec<Fetched> {
    // CHANGED: the threads may borrow: the scope ends when all of them have ended.
    thread::scope(|scope| {
        let threads = urls.iter().map(|url| scope.spawn(move || fetch(client, url)));
        // CHANGED: collected, or each would be joined before the next one begins.
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn with_a_pool(client: &Client, urls: &[Url]) -> Vec<Fetched> {
    // CHANGED: a pool of its own: rayon's common one has as many threads as cores.
    let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    pool.install(|| urls.par_iter().map(|url| fetch(client, url)).collect())
}

async fn with_futures(client: &asynchronous::Client, urls: &[Url]) -> Vec<Fetched> {
    // CHANGED: one future of all of them: whoever polls it polls them all, on one thread.
    join_all(urls.iter().map(|url| asynchronous::fetch(client, url))).await
}

fn main() {
    course::draw(|client, urls| {
        with_threads(client, urls);
        with_a_pool(client, urls);
        block_on(with_futures(&asynchronous::client(course::PATIENCE), urls));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{PATIENCE, Web, assert_pages};

    fn check(together: usize, fetch_all: fn(&Web) -> Vec<Fetched>) {
        let web = Web::in_groups(6, together);
        let results = fetch_all(&web);
        web.assert_together();
        assert_pages(&results, &web.urls());
    }

    #[test]
    fn six_threads() {
        check(6, |web| with_threads(&web.client(), &web.urls()));
    }
    #[test]
    fn a_pool_of_two_threads() {
        check(2, |web| with_a_pool(&web.client(), &web.urls()));
    }
    #[test]
    fn six_futures_on_one_thread() {
        check(6, |web| {
            block_on(with_futures(&asynchronous::client(6 * PATIENCE), &web.urls()))
        });
    }
}
