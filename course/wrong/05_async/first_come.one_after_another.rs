// Wrong: each job is awaited before the next one begins.
// rejected by each_result_is_told_of_while_the_next_jobs_still_run: told of [None

/// Runs all jobs at once, and tells of each result as soon as it is there.
async fn as_completed<F>(jobs: Vec<F>, mut tell: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    for job in jobs {
        tell(job.await);
    }
}
