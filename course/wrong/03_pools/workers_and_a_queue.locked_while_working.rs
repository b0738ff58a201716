// Wrong: the guard of the queue has no name, so it lives as long as the loop's body, with the job in it.
// rejected by three_workers_make_all_twelve_requests: 1 request was in flight together, and 3 were wanted
// rejected by a_slow_job_holds_up_no_other: others waited behind it, and a worker was free

use std::sync::Mutex;
use std::thread;

use course::fetch;

fn on_workers<I, T>(workers: usize, items: &[I], job: impl Fn(&I) -> T + Sync) -> Vec<T>
where
    I: Sync,
    T: Send,
{
    let (queue, results) = (Mutex::new(items.iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = queue.lock().expect("no panic").next() {
                    let result = job(item);
                    results.lock().expect("no panic").push(result);
                }
            });
        }
    });
    results.into_inner().expect("no panic")
}
