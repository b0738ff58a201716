// Wrong: each job is a thread whose panic is an error of `join`: the pool is only a limit now.
// rejected by two_panics_cost_neither_a_worker_nor_another_job: 6 threads did the jobs, and 2 were wanted

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
    let job = &job;
    thread::scope(|scope| {
        let work = || {
            for (item, slot) in &queue {
                *slot = scope.spawn(move || job(item)).join();
            }
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| drop(worker.join()));
    });
    drop(queue);
    slots
}
