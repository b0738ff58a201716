//! Many readers at once, or one writer.

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Barrier, PoisonError, RwLock, RwLockReadGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// What things cost.
pub type Prices = Vec<u64>;

// ANCHOR: read_at_once
/// Reads on as many threads as `readers`; each holds its lock until all of them have one.
///
/// Returns what each of them adds up to. With a `Mutex` it would not return; nor does it
/// when the operating system refuses a thread, for which the others wait.
pub fn read_at_once(prices: &RwLock<Prices>, readers: usize) -> Vec<u64> {
    let all_hold_it = Barrier::new(readers);
    let total = || {
        let prices = read(prices);
        all_hold_it.wait();
        prices.iter().sum()
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..readers).map(|_| scope.spawn(total)).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    })
}
// ANCHOR_END: read_at_once

/// Locks for reading, even if a writer has panicked.
fn read(prices: &RwLock<Prices>) -> RwLockReadGuard<'_, Prices> {
    prices.read().unwrap_or_else(PoisonError::into_inner)
}

// ANCHOR: read_twice
/// The dearest price, and what all come to.
///
/// `holding` is called between the two reads, so that a test can have a writer come then.
pub fn read_twice(prices: &RwLock<Prices>, holding: &dyn Fn()) -> (u64, u64) {
    let now = read(prices);
    let dearest = now.iter().max().copied().unwrap_or_default();
    holding();
    (dearest, total(prices)) // `total` locks again, and `now` is still held.
}

/// What all prices come to.
fn total(prices: &RwLock<Prices>) -> u64 {
    read(prices).iter().sum()
}
// ANCHOR_END: read_twice

// ANCHOR: read_once
/// The dearest price, and what all come to: the same, with one lock for both.
pub fn read_once(prices: &RwLock<Prices>, holding: &dyn Fn()) -> (u64, u64) {
    let now = read(prices);
    let dearest = now.iter().max().copied().unwrap_or_default();
    holding();
    (dearest, total_of(&now)) // Lends what is locked already.
}

/// What these prices come to.
fn total_of(prices: &[u64]) -> u64 {
    prices.iter().sum()
}
// ANCHOR_END: read_once

/// What reads, and calls the second argument while it holds the lock.
pub type Reader = fn(&RwLock<Prices>, &dyn Fn()) -> (u64, u64);

/// Runs `reader`, and has a writer ask for the lock while the reader holds it.
///
/// Returns whether the waiting writer kept others from reading, and where the reader
/// leaves its answer, if it has one.
pub fn beside_a_writer(
    reader: Reader,
    patience: Duration,
) -> (bool, Receiver<(u64, u64)>) {
    let prices = Arc::new(RwLock::new(vec![3, 1, 2]));
    let ((answer, answers), (refused, is_refused)) = (mpsc::channel(), mpsc::channel());
    thread::spawn(move || {
        let read = reader(&prices, &|| {
            let theirs = Arc::clone(&prices);
            thread::spawn(move || add(&theirs, 4));
            let _ = refused.send(is_read_refused(&prices, patience));
        });
        let _ = answer.send(read);
    });
    (is_refused.recv().unwrap_or(false), answers)
}

/// Adds a price, alone with the prices.
fn add(prices: &RwLock<Prices>, price: u64) {
    prices.write().unwrap_or_else(PoisonError::into_inner).push(price);
}

// ANCHOR: is_read_refused
/// Tries to read until that is refused. While others only read, a writer must be waiting.
///
/// Gives up after `patience`: on this platform readers go first, then.
fn is_read_refused(prices: &RwLock<Prices>, patience: Duration) -> bool {
    let began = Instant::now();
    while began.elapsed() < patience {
        if matches!(prices.try_read(), Err(TryLockError::WouldBlock)) {
            return true;
        }
        thread::yield_now();
    }
    false
}
// ANCHOR_END: is_read_refused
