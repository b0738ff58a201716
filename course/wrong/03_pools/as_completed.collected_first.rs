// Wrong: there is a channel, and all that comes of it is collected before the first result is handed on.
// rejected by each_result_comes_while_others_are_still_at_work: job 1 could end, and no other: tell it at once

use std::thread;

use course::fetch;
use crossbeam_channel::unbounded;

fn as_completed<I: Send + 'static, T: Send + 'static>(
    workers: usize,
    items: Vec<I>,
    job: fn(I) -> T,
) -> impl Iterator<Item = (usize, T)> {
    let (jobs, queue) = unbounded();
    items.into_iter().enumerate().for_each(|item| drop(jobs.send(item)));
    let (tell, results) = unbounded();
    let work = move || {
        for (position, item) in queue {
            let _ = tell.send((position, job(item)));
        }
    };
    drop(jobs);
    (0..workers).for_each(|_| drop(thread::spawn(work.clone())));
    drop(work);
    results.into_iter().collect::<Vec<_>>().into_iter()
}
