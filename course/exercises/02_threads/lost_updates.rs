// Each step on an atomic is indivisible, and here an addition takes two of them. What
// other threads add in between is overwritten, and no compiler says a word.
// The page: book/02-threads-and-locks/lost-updates.md

use std::sync::atomic::Ordering::Relaxed;

// An `AtomicU64` with bad luck: whoever loads it goes on when the other threads have too.
use course::Counter;

/// Adds the bytes of a page to the total of all threads.
fn add(total: &Counter, bytes: u64) {
    // TODO: let no thread come in between.
    let before = total.load(Relaxed);
    total.store(before + bytes, Relaxed);
}

fn main() {
    // Each number is added by a thread of its own.
    println!("1 + 20 + 300 + 4000 is {}", Counter::total_of([1, 20, 300, 4000], add));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_four_threads_add_is_in_the_total() {
        let total = Counter::total_of([1, 20, 300, 4000], add);
        assert!(
            total == 4321,
            "1 + 20 + 300 + 4000 came to {total}, and 4321 was wanted: updates were lost"
        );
        let add_often = |total: &Counter, times| (0..times).for_each(|_| add(total, 1));
        let total = Counter::total_of([100_000; 4], add_often);
        assert!(
            total == 400_000,
            "4 x 100000 times 1 came to {total}, and 400000 was wanted: updates were lost"
        );
    }
}
