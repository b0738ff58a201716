// The first line on a screen should not wait for the slowest site. Here are jobs that may
// all run at the same time, and `tell`, which wants each result when it is there.
// The page: book/05-async/in-order-and-as-completed.md

use course::asynchronous::fetch;
use futures_util::future::join_all;

/// Runs all jobs at once, and tells of each result as soon as it is there.
async fn as_completed<F>(jobs: Vec<F>, mut tell: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    // TODO: tell of them in completion order, each while the others still run.
    for result in join_all(jobs).await {
        tell(result);
    }
}

fn main() {
    course::draw_async(async |client, urls| {
        let fetch_one = |url| {
            let client = client.clone();
            async move { fetch(&client, &url).await.map(|page| page.url) }
        };
        let jobs = urls.into_iter().map(fetch_one).collect();
        as_completed(jobs, |url| println!("{}", url.expect("a page").path())).await;
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::block_on_paused;
    use course::within;
    use std::time::Duration;
    use tokio::{sync::watch, time::timeout};

    #[test]
    fn each_result_is_told_of_while_the_next_jobs_still_run() {
        let told = within(|| {
            let (told, waiting) = watch::channel(Vec::new());
            // Done when so many have been told of, or in an hour, which is over at once.
            let jobs = [3, 1, 4, 0, 2].map(|turn| {
                let mut told = waiting.clone();
                async move {
                    let my_turn = told.wait_for(|told| told.len() >= turn);
                    timeout(Duration::from_secs(3600), my_turn).await.ok().map(|_| turn)
                }
            });
            let tell = |turn| told.send_modify(|told| told.push(turn));
            block_on_paused(as_completed(jobs.into(), tell));
            told.borrow().clone()
        });
        let wanted = [0, 1, 2, 3, 4].map(Some);
        let vain = "None is a job that waited in vain for the one before it";
        assert!(told == wanted, "told of {told:?}, and {wanted:?} was wanted ({vain})");
    }
}
