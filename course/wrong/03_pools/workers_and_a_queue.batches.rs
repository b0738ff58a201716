// Wrong: three new threads for every three items, and all of them wait for the slowest.
// rejected by three_workers_make_all_twelve_requests: 12 threads did the jobs, and 3 were wanted: new threads are started
// rejected by a_slow_job_holds_up_no_other: others waited behind it, and a worker was free

use std::thread;

use course::fetch;

fn on_workers<I, T>(workers: usize, items: &[I], job: impl Fn(&I) -> T + Sync) -> Vec<T>
where
    I: Sync,
    T: Send,
{
    let job = &job;
    let batch = |batch: &[I]| -> Vec<T> {
        thread::scope(|scope| {
            let threads: Vec<_> =
                batch.iter().map(|item| scope.spawn(move || job(item))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        })
    };
    items.chunks(workers).flat_map(batch).collect()
}
