// Wrong: 8 are in the queue; the one in the producer's hand and the one being taken are forgotten.
// rejected by eight_pages_exist_at_once_and_all_are_taken: left: 10

use std::sync::mpsc;
use std::thread;

/// Makes each page on a thread of its own and hands it to `take` on this one, in order.
/// Not more than 8 exist at once: one being taken, one just made, and those that wait.
fn hand_over<T: Send>(pages: impl Iterator<Item = T> + Send, take: impl FnMut(T)) {
    let (tx, rx) = mpsc::sync_channel(8);
    thread::scope(|scope| {
        scope.spawn(move || {
            for page in pages {
                if tx.send(page).is_err() {
                    break; // Nobody takes pages any more.
                }
            }
        });
        rx.into_iter().for_each(take);
    });
}
