// Wrong: no more than three at once, but each job on a new thread: they queue for permits.
// rejected by three_workers_make_all_twelve_requests: 12 threads did the jobs, and 3 were wanted: new threads are started

use std::thread;

use course::fetch;
use crossbeam_channel::bounded;

fn on_workers<I, T>(workers: usize, items: &[I], job: impl Fn(&I) -> T + Sync) -> Vec<T>
where
    I: Sync,
    T: Send,
{
    let (take, give_back) = bounded(workers);
    let (job, take, give_back) = (&job, &take, &give_back);
    thread::scope(|scope| {
        let permitted = move |item| {
            let _ = take.send(());
            let result = job(item);
            let _ = give_back.recv();
            result
        };
        let threads: Vec<_> =
            items.iter().map(|item| scope.spawn(move || permitted(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}
