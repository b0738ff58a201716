//! Two locks, and the order in which they are taken.

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Barrier, Mutex, TryLockError};
use std::{ptr, thread};

use crate::poison::lock;

/// An account, with a lock of its own.
#[derive(Debug)]
pub struct Account {
    /// No two accounts have the same.
    pub number: usize,
    /// Positive or not: whether it may be overdrawn is not the point here.
    pub balance: Mutex<i64>,
}

impl Account {
    /// An account to share between threads.
    pub fn new(number: usize, balance: i64) -> Arc<Self> {
        Arc::new(Self { number, balance: Mutex::new(balance) })
    }

    /// Whether a thread has the lock at this moment. It does not wait for it.
    pub fn is_locked(&self) -> bool {
        matches!(self.balance.try_lock(), Err(TryLockError::WouldBlock))
    }
}

// ANCHOR: transfer
/// Moves `amount`. Locks the account that pays, then the one that is paid.
///
/// `holding_one` is called between the two, so that a test can meet another there.
pub fn transfer(from: &Account, to: &Account, amount: i64, holding_one: impl FnOnce()) {
    let mut debit = lock(&from.balance);
    holding_one();
    let mut credit = lock(&to.balance);
    *debit -= amount;
    *credit += amount;
}
// ANCHOR_END: transfer

// ANCHOR: transfer_in_order
/// Moves `amount`. Locks the account with the lower number first, whichever pays.
///
/// No two accounts may have the same number.
pub fn transfer_in_order(from: &Account, to: &Account, amount: i64) {
    if ptr::eq(from, to) {
        return; // With one lock to take twice, this thread would wait for itself.
    }
    let (mut debit, mut credit);
    if from.number < to.number {
        debit = lock(&from.balance);
        credit = lock(&to.balance);
    } else {
        credit = lock(&to.balance);
        debit = lock(&from.balance);
    }
    *debit -= amount;
    *credit += amount;
}
// ANCHOR_END: transfer_in_order

/// What a transfer has, and what it asks for next: numbers of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asks {
    /// The transfer, by number.
    pub transfer: usize,
    /// The account that it has locked.
    pub holds: usize,
    /// The account that it asks for.
    pub wants: usize,
}

/// Starts a transfer each way, and sees to it that each holds one account before either
/// asks for the other. Returns what each holds and wants, and where it tells when done.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn cross(a: &Arc<Account>, b: &Arc<Account>) -> (Vec<Asks>, Receiver<usize>) {
    let each_holds_one = Arc::new(Barrier::new(2));
    let ((say, said), (done, ends)) = (mpsc::channel(), mpsc::channel());
    for (transfer, from, to) in [(1, a, b), (2, b, a)] {
        let (from, to, barrier) = (from.clone(), to.clone(), each_holds_one.clone());
        let (say, done) = (say.clone(), done.clone());
        // Not in a scope, which would wait for these two, and they never end.
        thread::spawn(move || {
            self::transfer(&from, &to, 10, || {
                let (holds, wants) = (from.number, to.number);
                let _ = say.send(Asks { transfer, holds, wants });
                barrier.wait();
            });
            let _ = done.send(transfer);
        });
    }
    let mut asked: Vec<Asks> = said.iter().take(2).collect();
    asked.sort_unstable();
    (asked, ends)
}

/// Makes `n` transfers each way at the same time, in the one order of the accounts.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn both_ways(a: &Account, b: &Account, n: usize) {
    let transfers = |from, to| (0..n).for_each(|_| transfer_in_order(from, to, 10));
    thread::scope(|scope| {
        scope.spawn(|| transfers(a, b));
        transfers(b, a);
    });
}
