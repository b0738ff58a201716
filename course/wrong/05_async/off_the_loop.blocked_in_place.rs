// Wrong: `block_in_place` hands the other tasks to another thread, and this runtime has none.
// rejected by one_that_panics_is_an_error_in_its_place: can call blocking only when running on the multi-threaded runtime
// rejected by five_queries_wait_together: can call blocking only when running on the multi-threaded runtime
// rejected by the_loop_is_free_meanwhile: can call blocking only when running on the multi-threaded runtime

use course::asynchronous::block_on;
use futures_util::future::join_all;
use tokio::task::JoinError;

/// A query: it blocks its thread until the answer is there.
type Query = Box<dyn FnOnce() -> u32 + Send>;

/// One result for each query, in their order; an error in the place of one that panics.
async fn run_all(queries: Vec<Query>) -> Vec<Result<u32, JoinError>> {
    let in_place = async |query| Ok(tokio::task::block_in_place(query));
    join_all(queries.into_iter().map(in_place)).await
}
