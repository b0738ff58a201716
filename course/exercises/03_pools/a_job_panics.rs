// In Python an exception in a job is kept in its future. Here a panic ends the worker of
// the job, and when all workers have ended, nobody is left for the other jobs.
// The page: book/03-thread-pool/build-a-pool.md

use std::thread;

use crossbeam_channel::unbounded;

/// Does `job` with each item, on so many workers. A panic is an error in its place.
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
            // TODO: make a panic the error of this job, and not the end of its worker.
            *slot = Ok(job(item));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| drop(worker.join()));
    });
    drop(queue);
    slots
}

fn main() {
    let double = |text: &str| 2 * text.parse::<i32>().expect("a number");
    println!("{:?}", map(2, vec!["1", "two", "three", "4", "5"], double));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, within};

    #[test]
    fn two_panics_cost_neither_a_worker_nor_another_job() {
        static GAUGE: Gauge = Gauge::new(2);
        let job = |n| {
            GAUGE.work();
            assert!(n >= 2, "job {n} broke");
            n
        };
        let results = within(move || map(2, (0..6).collect(), job));
        GAUGE.assert_threads(2);
        let left: Vec<_> = (2..6).filter(|n| results[*n].is_err()).collect();
        assert!(left.is_empty(), "jobs {left:?} were not done: no worker was left");
        let messages = results.iter().filter_map(|it| it.as_ref().err()?.downcast_ref());
        let told: Vec<&String> = messages.collect();
        assert_eq!(told, ["job 0 broke", "job 1 broke"], "left: the panics you know of");
    }
}
