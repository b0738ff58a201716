// Wrong: the threads go on, and whoever wants the sum still unwraps.
// rejected by one_panic_stays_one_and_nothing_is_lost: `sum_up` has no reason to panic

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Totals {
    pages: usize,
    bytes: u64,
}

impl Totals {
    /// Adds a page: the whole of it, or nothing. Panics at a negative size.
    fn add(&mut self, size: i64) {
        let bytes = u64::try_from(size).expect("a size is not negative");
        *self = Self { pages: self.pages + 1, bytes: self.bytes + bytes };
    }
}

/// Locks, even if a thread has panicked with this lock in its hands.
fn lock(totals: &Mutex<Totals>) -> MutexGuard<'_, Totals> {
    totals.lock().unwrap_or_else(PoisonError::into_inner)
}

fn record(totals: &Mutex<Totals>, size: i64) {
    lock(totals).add(size);
}

fn sum_up(totals: &Mutex<Totals>) -> Totals {
    *totals.lock().unwrap()
}
