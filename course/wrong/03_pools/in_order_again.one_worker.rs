// Wrong: with one worker the order is right, and each job waits for the one before.
// rejected by the_first_item_has_the_first_result_and_was_not_ready_first: 1 job was at work together, and 2 were wanted

use std::thread;

use course::fetch;

fn map<I: Send, T: Send>(
    workers: usize,
    items: Vec<I>,
    job: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let _ = workers;
    let job = &job;
    thread::scope(|scope| {
        let worker = scope.spawn(move || items.into_iter().map(job).collect());
        worker.join().expect("no panic")
    })
}
