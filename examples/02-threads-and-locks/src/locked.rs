//! All threads put their results into one place, behind a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use tracing::{info_span, instrument};

use crate::{Client, FetchError, Page, Url, fetch};

/// One list for all threads, inside the lock that guards it.
type Results = Mutex<Vec<Result<Page, FetchError>>>;

/// Fetches all pages, each on a thread of its own that takes the lock when its page is there.
///
/// One result for each address, in completion order. A page that fails is an error among the others.
///
/// # Panics
///
/// When a fetch panics, after all others are done; when the operating system has no thread left to give.
// ANCHOR: lock_after_fetch
pub fn lock_after_fetch(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for url in urls {
            scope.spawn(|| fetch_then_lock(client, url, &results));
        }
    });
    // No thread is left that could hold the lock: take the list out of it.
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

// ANCHOR: fetch_then_lock
#[instrument(skip_all, fields(%url))]
fn fetch_then_lock(client: &Client, url: &Url, results: &Results) {
    let result = fetch(client, url);
    lock(results).push(result);
}
// ANCHOR_END: fetch_then_lock
// ANCHOR_END: lock_after_fetch

/// Fetches all pages, each on a thread of its own that takes the lock and then asks for its page: one at a time, therefore.
///
/// One result for each address, in the order in which the threads got the lock.
///
/// # Panics
///
/// As [`lock_after_fetch`].
pub fn lock_during_fetch(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for url in urls {
            scope.spawn(|| lock_then_fetch(client, url, &results));
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

// ANCHOR: lock_during_fetch
#[instrument(skip_all, fields(%url))]
fn lock_then_fetch(client: &Client, url: &Url, results: &Results) {
    let mut results = lock(results);
    results.push(fetch(client, url));
}
// ANCHOR_END: lock_during_fetch

// ANCHOR: lock
/// Locks, whether poisoned or not, and records the wait as a span of its own.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Open until this function returns, which is when the lock is there.
    let _waiting = info_span!("lock").entered();
    // Poisoned: a thread panicked while it held the lock. A list that is only pushed to
    // is whole all the same.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// ANCHOR_END: lock
