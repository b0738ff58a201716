// Wrong: a message with values in it is a `String`, and nobody asks for one.
// rejected by a_message_that_was_put_together_comes_too: came, and [Ok(4), Err("0 KiB"), Ok(8)] was wanted

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
            .map(|thread| {
                thread.join().map_err(|panic| {
                    panic.downcast_ref::<&str>().copied().unwrap_or("a panic").to_owned()
                })
            })
            .collect()
    })
}
