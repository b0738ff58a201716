// Wrong: the queries have threads, and the loop's own thread blocks in `join`.
// rejected by one_that_panics_is_an_error_in_its_place: is that an error in its place?
// rejected by the_loop_is_free_meanwhile: the query waits for a task, and the task for the loop's thread

use course::asynchronous::block_on;
use futures_util::future::join_all;
use tokio::task::JoinError;

/// A query: it blocks its thread until the answer is there.
type Query = Box<dyn FnOnce() -> u32 + Send>;

/// One result for each query, in their order; an error in the place of one that panics.
async fn run_all(queries: Vec<Query>) -> Vec<Result<u32, JoinError>> {
    let threads: Vec<_> = queries.into_iter().map(std::thread::spawn).collect();
    threads.into_iter().map(|thread| Ok(thread.join().expect("no panic"))).collect()
}
