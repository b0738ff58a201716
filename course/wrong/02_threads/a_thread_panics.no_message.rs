// Wrong: that there was a panic is kept, and what it said is not.
// rejected by the_message_is_in_its_place_and_the_others_are_kept: Err("a thread panicked"), Ok(125)] came, and [Ok(250), Err("attempt to divide by zero")
// rejected by a_message_that_was_put_together_comes_too: Err("a thread panicked"), Ok(8)] came, and [Ok(4), Err("0 KiB")

use std::thread;

/// Runs `job` on each item, each on a thread of its own.
///
/// One outcome for each item, in order: what the job returned, or a panic's message.
fn map_on_threads<I: Sync, T: Send>(
    items: &[I],
    job: impl Fn(&I) -> T + Sync,
) -> Vec<Result<T, String>> {
    let job = &job;
    thread::scope(|scope| {
        let threads: Vec<_> =
            items.iter().map(|item| scope.spawn(move || job(item))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread panicked".to_owned()))
            .collect()
    })
}
