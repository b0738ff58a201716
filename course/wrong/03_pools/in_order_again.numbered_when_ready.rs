// Wrong: the positions are given when the results come, and that order is the one that is wrong.
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
    let (tell, results) = unbounded();
    items.into_iter().for_each(|item| drop(jobs.send(item)));
    drop(jobs);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| queue.iter().for_each(|item| drop(tell.send(job(item)))));
        }
    });
    let mut results: Vec<_> = results.try_iter().enumerate().collect();
    results.sort_unstable_by_key(|&(position, _)| position);
    results.into_iter().map(|(_, result)| result).collect()
}
