// Wrong: `compare_exchange` stores only if nobody came between; if somebody did, this answer forgets its own bytes.
// rejected by what_four_threads_add_is_in_the_total: updates were lost

use std::sync::atomic::Ordering::Relaxed;

// An `AtomicU64` with bad luck: whoever loads it goes on when the other threads have too.
use course::Counter;

/// Adds the bytes of a page to the total of all threads.
fn add(total: &Counter, bytes: u64) {
    let before = total.load(Relaxed);
    let _ = total.compare_exchange(before, before + bytes, Relaxed, Relaxed);
}
