// Wrong: the bad size is left out in silence, so that nobody panics.
// rejected by one_panic_stays_one_and_nothing_is_lost: threads that panicked: seen, and wanted

use std::sync::Mutex;
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

fn record(totals: &Mutex<Totals>, size: i64) {
    if size >= 0 {
        totals.lock().unwrap().add(size);
    }
}

fn sum_up(totals: &Mutex<Totals>) -> Totals {
    *totals.lock().unwrap()
}
