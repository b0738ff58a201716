// Wrong: no producer and no queue: each page is made when the one before is done with.
// rejected by eight_pages_exist_at_once_and_all_are_taken: left: 1

use std::sync::mpsc;
use std::thread;

/// Makes each page on a thread of its own and hands it to `take` on this one, in order.
/// Not more than 8 exist at once: one being taken, one just made, and those that wait.
fn hand_over<T: Send>(pages: impl Iterator<Item = T> + Send, take: impl FnMut(T)) {
    pages.for_each(take);
}
