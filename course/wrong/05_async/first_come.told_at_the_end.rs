// Wrong: in completion order, and nobody is told before the last one is there.
// rejected by each_result_is_told_of_while_the_next_jobs_still_run: told of [Some(0), None, None, None, None]

use tokio::task::JoinSet;

/// Runs all jobs at once, and tells of each result as soon as it is there.
async fn as_completed<F>(jobs: Vec<F>, mut tell: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut tasks: JoinSet<_> = jobs.into_iter().collect();
    let mut results = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        results.push(joined.expect("no panic"));
    }
    results.into_iter().for_each(tell);
}
