// Wrong: all of them are waited for, and told of afterwards.
// rejected by each_result_is_told_of_while_the_next_jobs_still_run: told of [None, None, None, Some(0), None]

use futures_util::future::join_all;

/// Runs all jobs at once, and tells of each result as soon as it is there.
async fn as_completed<F>(jobs: Vec<F>, mut tell: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    for result in join_all(jobs).await {
        tell(result);
    }
}
