// Wrong: the panic is caught, but around the whole loop: the worker still ends, only quietly.
// rejected by two_panics_cost_neither_a_worker_nor_another_job: jobs [2, 3, 4, 5] were not done: no worker was left

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam_channel::unbounded;

fn map<I: Send, T: Send>(
    workers: usize,
    items: Vec<I>,
    job: impl Fn(I) -> T + Sync,
) -> Vec<thread::Result<T>> {
    let mut slots: Vec<_> = items.iter().map(|_| Err(Box::new("undone") as _)).collect();
    let (jobs, queue) = unbounded();
    items.into_iter().zip(&mut slots).for_each(|job| drop(jobs.send(job)));
    drop(jobs);
    let work = || {
        let all = || {
            for (item, slot) in &queue {
                *slot = Ok(job(item));
            }
        };
        drop(catch_unwind(AssertUnwindSafe(all)));
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| drop(worker.join()));
    });
    drop(queue);
    slots
}
