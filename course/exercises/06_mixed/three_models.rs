// Six pages, in three ways: a thread each, a pool of two threads, and futures on a single
// thread. All bring the same, in the same order. So far, each asks one after another.
// The page: book/05-async/recap.md

use course::asynchronous::{self, block_on};
use course::{Client, FetchError, Page, Url, fetch};
use futures_util::stream::{self, StreamExt as _};

type Fetched = Result<Page, FetchError>;

fn with_threads(client: &Client, urls: &[Url]) -> Vec<Fetched> {
    // TODO: a thread each.
    urls.iter().map(|url| fetch(client, url)).collect()
}

fn with_a_pool(client: &Client, urls: &[Url]) -> Vec<Fetched> {
    // TODO: two threads, each of which takes the next page when it is done with one.
    urls.iter().map(|url| fetch(client, url)).collect()
}

async fn with_futures(client: &asynchronous::Client, urls: &[Url]) -> Vec<Fetched> {
    // TODO: all of them in flight, on the thread that polls this.
    stream::iter(urls).then(|url| asynchronous::fetch(client, url)).collect().await
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
