//! Threads that meet at the worst moment: what may go wrong then does, each time.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::patience::within;

/// A barrier for one use, with patience: once so many have come, or one has waited too long, it is open for ever.
#[derive(Debug)]
pub(crate) struct Meeting {
    /// How many are yet to come; none once it is open.
    missing: Mutex<usize>,
    opens: Condvar,
    /// The same without a lock, for whoever comes later: an answer that is right may load a [`Counter`] a million times.
    open: AtomicBool,
}

impl Meeting {
    /// So many are to come.
    pub(crate) fn new(wanted: usize) -> Self {
        Self {
            missing: Mutex::new(wanted),
            opens: Condvar::new(),
            open: AtomicBool::new(false),
        }
    }

    /// Waits for the others, at most so long.
    pub(crate) fn wait(&self, patience: Duration) {
        if self.open.load(Relaxed) {
            return;
        }
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        *missing = missing.saturating_sub(1);
        let (mut missing, waited) = self
            .opens
            .wait_timeout_while(missing, patience, |missing| *missing > 0)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            *missing = 0;
        }
        self.open.store(true, Relaxed);
        self.opens.notify_all();
    }
}

/// How long the threads of a [`Counter`] wait for the others.
const TOGETHER: Duration = Duration::from_millis(300);

/// An [`AtomicU64`] with bad luck: whoever loads it goes on when the other threads have too, and so does whoever stores.
///
/// They are waited for at most 300 ms, and once: an answer that lets only one of them in is not kept waiting for long.
#[derive(Debug)]
pub struct Counter {
    count: AtomicU64,
    /// All have loaded before one goes on: to an exchange, for example.
    readers: Meeting,
    /// All have looked for the last time before one stores, however often they loaded.
    writers: Meeting,
}

impl Counter {
    /// What a counter at 0 comes to when each number is added by a thread of its own.
    ///
    /// # Panics
    ///
    /// When that is not done [`within`] its patience.
    #[track_caller]
    pub fn total_of<const N: usize>(
        numbers: [u64; N],
        add: impl Fn(&Self, u64) + Send + Sync + 'static,
    ) -> u64 {
        within(move || {
            let total = Self {
                count: AtomicU64::new(0),
                readers: Meeting::new(N),
                writers: Meeting::new(N),
            };
            thread::scope(|scope| {
                for number in numbers {
                    let (total, add) = (&total, &add);
                    scope.spawn(move || add(total, number));
                }
            });
            total.count.into_inner()
        })
    }

    /// What it says. The other threads read the same, as may happen with any atomic.
    pub fn load(&self, order: Ordering) -> u64 {
        let count = self.count.load(order);
        self.readers.wait(TOGETHER);
        count
    }

    /// Makes it say `count`, when the other threads are about to store as well.
    pub fn store(&self, count: u64, order: Ordering) {
        self.writers.wait(TOGETHER);
        self.count.store(count, order);
    }
}

/// All that an atomic can do besides.
impl Deref for Counter {
    type Target = AtomicU64;

    fn deref(&self) -> &AtomicU64 {
        &self.count
    }
}

/// A lock that other threads want as well: who releases it goes on when they all have had it.
///
/// They are waited for at most two seconds, and once.
#[derive(Debug)]
pub struct Contended<T> {
    data: Mutex<T>,
    had_it: Meeting,
}

impl<T> Contended<T> {
    /// A lock around `data` that so many threads want.
    pub fn new(threads: usize, data: T) -> Self {
        Self { data: Mutex::new(data), had_it: Meeting::new(threads) }
    }

    /// As [`Mutex::lock`]; it takes a poisoned lock too.
    pub fn lock(&self) -> ContendedGuard<'_, T> {
        ContendedGuard { guard: Some(lock(&self.data)), had_it: &self.had_it }
    }
}

/// The right to use what is in a [`Contended`] lock, until it is dropped.
#[derive(Debug)]
pub struct ContendedGuard<'a, T> {
    /// Always some, until it is dropped.
    guard: Option<MutexGuard<'a, T>>,
    had_it: &'a Meeting,
}

impl<T> Deref for ContendedGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().unwrap_or_else(|| unreachable!("dropped"))
    }
}

impl<T> DerefMut for ContendedGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().unwrap_or_else(|| unreachable!("dropped"))
    }
}

impl<T> Drop for ContendedGuard<'_, T> {
    fn drop(&mut self) {
        self.guard = None; // The lock is free: now the others may take it.
        self.had_it.wait(Duration::from_secs(2));
    }
}

/// Locks, whether poisoned or not, as the function of this name in chapter 2. Not a span: a timeline of text shows the fetches only.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
