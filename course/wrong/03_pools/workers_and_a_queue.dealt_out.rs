// Wrong: three threads, but no queue: each item is given to a worker before anybody knows who will be free.
// rejected by a_slow_job_holds_up_no_other: others waited behind it, and a worker was free

use std::thread;

use course::fetch;

fn on_workers<I, T>(workers: usize, items: &[I], job: impl Fn(&I) -> T + Sync) -> Vec<T>
where
    I: Sync,
    T: Send,
{
    let job = &job;
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .chunks(items.len().div_ceil(workers))
            .map(|share| scope.spawn(move || share.iter().map(job).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}
