// Wrong: off the loop, and a query that panics takes all of them with it.
// rejected by one_that_panics_is_an_error_in_its_place: is that an error in its place?

use course::asynchronous::block_on;
use futures_util::future::join_all;
use tokio::task::{JoinError, spawn_blocking};

/// A query: it blocks its thread until the answer is there.
type Query = Box<dyn FnOnce() -> u32 + Send>;

/// One result for each query, in their order; an error in the place of one that panics.
async fn run_all(queries: Vec<Query>) -> Vec<Result<u32, JoinError>> {
    let off_the_loop = async |query| Ok(spawn_blocking(query).await.expect("no panic"));
    join_all(queries.into_iter().map(off_the_loop)).await
}
