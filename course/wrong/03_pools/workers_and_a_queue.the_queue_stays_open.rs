// Wrong: the sender is never dropped, so the workers wait for an item that does not come.
// rejected by three_workers_make_all_twelve_requests: it hangs: nothing came of it within 10 s
// rejected by a_slow_job_holds_up_no_other: it hangs: nothing came of it within 10 s

use std::thread;

use course::fetch;
use crossbeam_channel::unbounded;

fn on_workers<I, T>(workers: usize, items: &[I], job: impl Fn(&I) -> T + Sync) -> Vec<T>
where
    I: Sync,
    T: Send,
{
    let (jobs, queue) = unbounded();
    for item in items {
        let _ = jobs.send(item);
    }
    thread::scope(|scope| {
        let work = || queue.iter().map(&job).collect::<Vec<_>>();
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}
