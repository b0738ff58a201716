// Wrong: a task for each, and the handles are awaited in the order of the jobs: the first that is ready waits for those before it.
// rejected by each_result_is_told_of_while_the_next_jobs_still_run: told of [None, None, None, Some(0), None]

/// Runs all jobs at once, and tells of each result as soon as it is there.
async fn as_completed<F>(jobs: Vec<F>, mut tell: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    let tasks: Vec<_> = jobs.into_iter().map(tokio::spawn).collect();
    for task in tasks {
        tell(task.await.expect("no panic"));
    }
}
