// Wrong: in completion order, but with a thread for each item and not with so many workers.
// rejected by each_result_comes_while_others_are_still_at_work: 4 threads did the jobs, and 2 were wanted

use std::thread;

use course::fetch;
use crossbeam_channel::unbounded;

fn as_completed<I: Send + 'static, T: Send + 'static>(
    workers: usize,
    items: Vec<I>,
    job: fn(I) -> T,
) -> impl Iterator<Item = (usize, T)> {
    let (tell, results) = unbounded();
    for (position, item) in items.into_iter().enumerate() {
        let tell = tell.clone();
        thread::spawn(move || tell.send((position, job(item))));
    }
    results.into_iter()
}
