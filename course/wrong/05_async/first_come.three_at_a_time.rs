// Wrong: a bound where none was wanted: the job that could end first is not among those in flight.
// rejected by each_result_is_told_of_while_the_next_jobs_still_run: told of [None

use futures_util::stream::{self, StreamExt as _};

/// Runs all jobs at once, and tells of each result as soon as it is there.
async fn as_completed<F>(jobs: Vec<F>, mut tell: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut results = stream::iter(jobs).buffer_unordered(3);
    while let Some(result) = results.next().await {
        tell(result);
    }
}
