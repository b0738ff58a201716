// Wrong: each job has a handle, and they are asked one by one in the order of the items: the first holds back the others.
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
    let mut handles = Vec::new();
    for item in items {
        let (tell, outcome) = unbounded();
        let _ = jobs.send((item, tell));
        handles.push(outcome);
    }
    drop(jobs);
    let work = move || {
        for (item, tell) in queue {
            let _ = tell.send(job(item));
        }
    };
    (0..workers).for_each(|_| drop(thread::spawn(work.clone())));
    handles.into_iter().map(|outcome| outcome.recv().expect("no panic")).enumerate()
}
