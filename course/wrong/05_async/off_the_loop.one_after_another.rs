// Wrong: each query is awaited before the next one is begun.
// rejected by five_queries_wait_together: 1 job was at work together, and 5 were wanted

use course::asynchronous::block_on;
use futures_util::future::join_all;
use tokio::task::JoinError;

/// A query: it blocks its thread until the answer is there.
type Query = Box<dyn FnOnce() -> u32 + Send>;

/// One result for each query, in their order; an error in the place of one that panics.
async fn run_all(queries: Vec<Query>) -> Vec<Result<u32, JoinError>> {
    let mut results = Vec::new();
    for query in queries {
        results.push(tokio::task::spawn_blocking(query).await);
    }
    results
}
