//! Trying again: what is worth it, after how long, how often, and how much of it in all.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

pub use fastrand::Rng;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{FetchError, FetchErrorKind};

// ANCHOR: worth_it
/// Whether a second try may end otherwise.
pub fn worth_it(kind: &FetchErrorKind) -> bool {
    match kind {
        FetchErrorKind::Status(status) => *status >= 500,
        FetchErrorKind::Address(_) | FetchErrorKind::Lost(_) => false,
        // Timed out, refused, broken off. We only ever GET: asking twice is harmless.
        _ => true,
    }
}
// ANCHOR_END: worth_it

// ANCHOR: backoff
/// How often to try, and how long to wait before each further try.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The upper bound of the first wait; it doubles with each further one.
    pub base: Duration,
    /// No wait is longer.
    pub cap: Duration,
    /// How often to try, the first time included.
    pub attempts: u32,
    /// Whether a wait is drawn between nothing and its bound (full jitter).
    pub jitter: bool,
}

impl Backoff {
    /// The wait before retry number `retry`, counted from 0.
    pub fn delay(&self, retry: u32, random: &mut Rng) -> Duration {
        let bound = self.base.saturating_mul(2_u32.saturating_pow(retry)).min(self.cap);
        if self.jitter { bound.mul_f64(random.f64()) } else { bound }
    }
}
// ANCHOR_END: backoff

// ANCHOR: budget
/// Lets retries be a share of all requests, and no more, however many fail.
#[derive(Debug)]
pub struct Budget {
    percent: usize,
    /// In hundredths of a retry.
    saved: AtomicUsize,
}

impl Budget {
    /// A budget of so many retries for each hundred requests; none is saved yet.
    pub fn new(percent: usize) -> Self {
        Self { percent, saved: AtomicUsize::new(0) }
    }

    fn request(&self) {
        self.saved.fetch_add(self.percent, Relaxed);
    }

    fn take_a_retry(&self) -> bool {
        let spend = |saved: usize| saved.checked_sub(100);
        self.saved.fetch_update(Relaxed, Relaxed, spend).is_ok()
    }
}
// ANCHOR_END: budget

/// Runs `request` until it succeeds, or another try is not worth it, not allowed by
/// `backoff` or not in the `budget`.
///
/// # Errors
///
/// That of the last try.
// ANCHOR: retry
pub async fn retry<T>(
    backoff: &Backoff,
    budget: &Budget,
    random: &mut Rng,
    mut request: impl AsyncFnMut() -> Result<T, FetchError>,
) -> Result<T, FetchError> {
    budget.request();
    let mut retries = 0;
    loop {
        let error = match request().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let more = retries + 1 < backoff.attempts && worth_it(&error.kind);
        if !(more && budget.take_a_retry()) {
            return Err(error);
        }
        sleep(backoff.delay(retries, random)).await;
        retries += 1;
    }
}
// ANCHOR_END: retry

// ANCHOR: retry_until
/// The same, with one deadline round all tries and waits. `None` when it has passed.
pub async fn retry_until<T>(
    deadline: Instant,
    backoff: &Backoff,
    budget: &Budget,
    random: &mut Rng,
    request: impl AsyncFnMut() -> Result<T, FetchError>,
) -> Option<Result<T, FetchError>> {
    timeout_at(deadline, retry(backoff, budget, random, request)).await.ok()
}
// ANCHOR_END: retry_until
