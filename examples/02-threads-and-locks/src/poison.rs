//! A lock whose holder panicked.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Two accounts behind one lock. Their total stays the same, or something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounts {
    /// What the first one has.
    pub first: i64,
    /// What the second one has.
    pub second: i64,
}

impl Accounts {
    /// What both have together.
    pub fn total(&self) -> i64 {
        self.first + self.second
    }
}

impl fmt::Display for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} and {}, {} in all", self.first, self.second, self.total())
    }
}

// ANCHOR: transfer
/// Moves `amount` from the first account to the second, and checks in the middle of it.
///
/// An error if an earlier transfer panicked.
///
/// # Panics
///
/// When the first account has less than `amount`; by then it has paid.
pub fn transfer(accounts: &Mutex<Accounts>, amount: i64) -> Result<(), String> {
    let mut accounts = accounts.lock().map_err(|poisoned| poisoned.to_string())?;
    accounts.first -= amount;
    assert!(accounts.first >= 0, "the first account is overdrawn");
    accounts.second += amount;
    Ok(())
}
// ANCHOR_END: transfer

// ANCHOR: transfer_at_once
/// Moves `amount` from the first account to the second: the whole of it, or nothing.
///
/// # Panics
///
/// When the first account has less than `amount`; nothing has changed then.
pub fn transfer_at_once(accounts: &Mutex<Accounts>, amount: i64) {
    let mut accounts = lock(accounts);
    let first = accounts.first - amount;
    assert!(first >= 0, "the first account is overdrawn");
    let second = accounts.second + amount;
    // The only change. A panic before it leaves the old accounts, and none comes after.
    *accounts = Accounts { first, second };
}
// ANCHOR_END: transfer_at_once

// ANCHOR: lock
/// Locks, even if a thread has panicked with this lock in its hands.
///
/// Right only where the data is whole at every point at which a holder may panic.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: lock

// ANCHOR: repair
/// Puts the accounts back to what they were `before`, and lets others have them again.
pub fn repair(accounts: &Mutex<Accounts>, before: Accounts) {
    *lock(accounts) = before;
    // Only now: whoever locks next is told nothing of the panic.
    accounts.clear_poison();
}
// ANCHOR_END: repair
