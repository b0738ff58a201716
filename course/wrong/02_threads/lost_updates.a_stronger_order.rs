// Wrong: the strongest `Ordering`: each step is as indivisible as before, and there are still two.
// rejected by what_four_threads_add_is_in_the_total: updates were lost

use std::sync::atomic::Ordering::SeqCst;

// An `AtomicU64` with bad luck: whoever loads it goes on when the other threads have too.
use course::Counter;

/// Adds the bytes of a page to the total of all threads.
fn add(total: &Counter, bytes: u64) {
    let before = total.load(SeqCst);
    total.store(before + bytes, SeqCst);
}
