// Wrong: the worker lives on, and nobody is told of the panic.
// rejected by two_panics_cost_neither_a_worker_nor_another_job: left: the panics you know of

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
        for (item, slot) in &queue {
            if let Ok(result) = catch_unwind(AssertUnwindSafe(|| job(item))) {
                *slot = Ok(result);
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| drop(worker.join()));
    });
    drop(queue);
    slots
}
