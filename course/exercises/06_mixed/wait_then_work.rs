// One thread waits for all pages, as it should. Here it also works on them, and meanwhile
// nothing else happens. Python would `await loop.run_in_executor(pool, work, page)`.
// The page: book/05-async/work-off-the-loop.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

/// Fetches all pages together, and works on each as soon as it is there.
async fn fetch_and_work<T: Send + 'static>(
    client: &Client,
    urls: &[Url],
    pool: &rayon::ThreadPool,
    work: fn(Page) -> T,
) -> Vec<Result<T, FetchError>> {
    let page_by_page = async |url: &Url| {
        let page = fetch(client, url).await?;
        // TODO: have the threads of `pool` do this, and wait for it without holding one.
        Ok(work(page))
    };
    futures_util::future::join_all(urls.iter().map(page_by_page)).await
}
fn main() {}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, PATIENCE, Web, asynchronous as a};
    use crossbeam_channel::{Receiver, Sender, unbounded};
    use std::{sync::LazyLock, time::Duration, time::Instant};
    static GAUGE: Gauge = Gauge::new(2);
    static WORD: LazyLock<(Sender<()>, Receiver<()>)> = LazyLock::new(unbounded);
    static LATE: LazyLock<Instant> = LazyLock::new(|| Instant::now() + PATIENCE / 2);
    #[test]
    fn four_wait_and_two_work_while_the_loop_goes_on() {
        let work = |page: Page| {
            GAUGE.work();
            (page.url, WORD.1.recv_deadline(*LATE).is_ok())
        };
        let loop_goes_on = async {
            while GAUGE.jobs() == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            [(); 4].map(|()| WORD.0.send(()))
        };
        let (web, client) = (Web::together(4), a::client(PATIENCE));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two");
        let results = a::block_on(async {
            tokio::spawn(loop_goes_on);
            fetch_and_work(&client, &web.urls(), &pool, work).await
        });
        web.assert_together();
        let (pages, heard): (Vec<_>, Vec<_>) = results.into_iter().flatten().unzip();
        assert_eq!(heard, [true; 4], "the loop stood still while a page was at work");
        assert_eq!(pages, web.urls(), "not the pages (right), or not in their order");
        let threads =
            pool.broadcast(|_| std::thread::current().id()).into_iter().collect();
        assert!(GAUGE.threads() == threads, "not the threads of the pool were at work");
        GAUGE.assert_together();
    }
}
