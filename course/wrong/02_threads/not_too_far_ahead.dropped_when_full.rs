// Wrong: the producer does not wait; what finds no room is thrown away.
// rejected by eight_pages_exist_at_once_and_all_are_taken: pages are missing, or not in order

use std::sync::mpsc;
use std::thread;

/// Makes each page on a thread of its own and hands it to `take` on this one, in order.
/// Not more than 8 exist at once: one being taken, one just made, and those that wait.
fn hand_over<T: Send>(pages: impl Iterator<Item = T> + Send, take: impl FnMut(T)) {
    let (tx, rx) = mpsc::sync_channel(6);
    thread::scope(|scope| {
        scope.spawn(move || {
            for page in pages {
                let _ = tx.try_send(page);
            }
        });
        rx.into_iter().for_each(take);
    });
}
