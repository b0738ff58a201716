// Wrong: the workers are joined in their order, and each brings a list; but that is not the order of the items.
// rejected by the_first_item_has_the_first_result_and_was_not_ready_first: left: the results, right: the order of the items

use std::thread;

use course::fetch;
use crossbeam_channel::unbounded;

fn map<I: Send, T: Send>(
    workers: usize,
    items: Vec<I>,
    job: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let (jobs, queue) = unbounded();
    items.into_iter().for_each(|item| drop(jobs.send(item)));
    drop(jobs);
    thread::scope(|scope| {
        let work = || queue.iter().map(&job).collect::<Vec<_>>();
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}
