// Wrong: whoever panicked is left out, and the order of the others tells nothing any more.
// rejected by the_message_is_in_its_place_and_the_others_are_kept: of 3 items came 2 outcomes
// rejected by a_message_that_was_put_together_comes_too: of 3 items came 2 outcomes

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
        threads.into_iter().filter_map(|thread| thread.join().ok().map(Ok)).collect()
    })
}
