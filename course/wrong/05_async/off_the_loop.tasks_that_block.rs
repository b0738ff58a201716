// Wrong: a task for each. A task is no thread: all of them block the one that polls them.
// rejected by five_queries_wait_together: 1 job was at work together, and 5 were wanted
// rejected by the_loop_is_free_meanwhile: the query waits for a task, and the task for the loop's thread

use course::asynchronous::block_on;
use futures_util::future::join_all;
use tokio::task::JoinError;

/// A query: it blocks its thread until the answer is there.
type Query = Box<dyn FnOnce() -> u32 + Send>;

/// One result for each query, in their order; an error in the place of one that panics.
async fn run_all(queries: Vec<Query>) -> Vec<Result<u32, JoinError>> {
    join_all(queries.into_iter().map(|query| tokio::spawn(async move { query() }))).await
}
