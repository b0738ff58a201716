// Threads add up what they find. One of them gets a bad size, and panics with the lock in
// its hands. Then whoever locks panics too, and all that the others have found is lost.
// The page: book/02-threads-and-locks/poisoning.md

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

// TODO: let the others go on, and lose nothing. Who has a bad size still panics.
fn record(totals: &Mutex<Totals>, size: i64) {
    totals.lock().unwrap().add(size);
}

fn sum_up(totals: &Mutex<Totals>) -> Totals {
    *totals.lock().unwrap()
}

fn main() {
    let totals = &Mutex::default();
    for size in [512, -1, 2048] {
        let _ = thread::scope(|scope| scope.spawn(|| record(totals, size)).join());
    }
    println!("{:?}", sum_up(totals));
}

#[cfg(test)]
mod tests {
    use super::{Mutex, Totals, record, sum_up, thread};

    #[test]
    fn one_panic_stays_one_and_nothing_is_lost() {
        let totals = &Mutex::default();
        thread::scope(|scope| {
            // Joined one by one: two come after the panic, and that is no luck.
            let ended = [512, -1, 2048, 128]
                .map(|size| scope.spawn(move || record(totals, size)).join());
            let panicked = ended.iter().filter(|ended| ended.is_err()).count();
            assert_eq!(panicked, 1, "threads that panicked: seen, and wanted");
            let sum = scope.spawn(|| sum_up(totals)).join();
            let sum = sum.expect("`sum_up` has no reason to panic: the totals are whole");
            assert_eq!(sum, Totals { pages: 3, bytes: 2688 }, "seen, and wanted");
        });
    }
}
