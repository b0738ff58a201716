// Wrong: joined in the order of the items, but for that there is a thread for each.
// rejected by the_first_item_has_the_first_result_and_was_not_ready_first: and 2 were wanted

use std::thread;

use course::fetch;

fn map<I: Send, T: Send>(
    workers: usize,
    items: Vec<I>,
    job: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let job = &job;
    thread::scope(|scope| {
        let threads: Vec<_> =
            items.into_iter().map(|item| scope.spawn(move || job(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}
