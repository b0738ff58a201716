// Wrong: it looks again before it stores: check, then act. Whoever comes between those two is overwritten.
// rejected by what_four_threads_add_is_in_the_total: updates were lost

use std::sync::atomic::Ordering::Relaxed;

// An `AtomicU64` with bad luck: whoever loads it goes on when the other threads have too.
use course::Counter;

/// Adds the bytes of a page to the total of all threads.
fn add(total: &Counter, bytes: u64) {
    loop {
        let before = total.load(Relaxed);
        if total.load(Relaxed) == before {
            total.store(before + bytes, Relaxed);
            break;
        }
    }
}
