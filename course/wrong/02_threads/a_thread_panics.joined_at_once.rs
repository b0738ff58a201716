// Wrong: without the first `collect`, each thread is joined before the next one is spawned.
// rejected by the_message_is_in_its_place_and_the_others_are_kept: 1 job was at work together, and 3 were wanted

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
        items
            .iter()
            .map(|item| scope.spawn(move || job(item)))
            .map(|thread| {
                thread.join().map_err(|panic| match panic.downcast::<String>() {
                    Ok(text) => *text,
                    Err(panic) => panic.downcast_ref::<&str>().unwrap_or(&"").to_string(),
                })
            })
            .collect()
    })
}
