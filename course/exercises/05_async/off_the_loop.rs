// Five queries of a database whose driver knows nothing of async: each blocks its thread.
// This compiles, and looks as if they were awaited together. Each of them holds the loop.
// The page: book/05-async/spawn-blocking.md

use course::asynchronous::block_on;
use futures_util::future::join_all;
use tokio::task::JoinError;

/// A query: it blocks its thread until the answer is there.
type Query = Box<dyn FnOnce() -> u32 + Send>;

/// One result for each query, in their order; an error in the place of one that panics.
async fn run_all(queries: Vec<Query>) -> Vec<Result<u32, JoinError>> {
    // TODO: run each query where it may block, all of them at once. Leave the loop free.
    join_all(queries.into_iter().map(async |query| Ok(query()))).await
}

fn main() {
    println!("{:?}", block_on(run_all(vec![Box::new(|| 42)])));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, PATIENCE};
    use std::sync::{Arc, mpsc};
    use tokio::sync::oneshot;

    #[test]
    fn five_queries_wait_together() {
        let gauge = Arc::new(Gauge::new(5));
        let query = |gauge: Arc<Gauge>, n: u32| move || (gauge.work(), n).1;
        let queries =
            (1..=5).map(|n| Box::new(query(gauge.clone(), n)) as Query).collect();
        let results = block_on(run_all(queries));
        gauge.assert_together();
        let seen: Vec<_> = results.into_iter().flatten().collect();
        assert!(seen == [1, 2, 3, 4, 5], "{seen:?} came, and 1 to 5 were wanted");
    }

    #[test]
    fn one_that_panics_is_an_error_in_its_place() {
        let bug = || panic!("a query panics: is that an error in its place?");
        let results = block_on(run_all(vec![Box::new(bug), Box::new(|| 42)]));
        let seen: Vec<_> = results.iter().map(|result| result.as_ref().ok()).collect();
        assert!(seen == [None, Some(&42)], "{seen:?} came, and not [None, Some(42)]");
    }

    #[test]
    fn the_loop_is_free_meanwhile() {
        let (tell, told) = mpsc::channel();
        let (ask, asked) = oneshot::channel();
        let query = Box::new(move || {
            let _ = ask.send(());
            told.recv_timeout(PATIENCE / 2).unwrap_or(0)
        });
        let results = block_on(async {
            tokio::spawn(async move { asked.await.map(|()| tell.send(42)) });
            run_all(vec![query]).await
        });
        let seen: Vec<_> = results.into_iter().flatten().collect();
        let why = "the query waits for a task, and the task for the loop's thread";
        assert!(seen == [42], "{seen:?} came, and [42] was wanted: {why}");
    }
}
