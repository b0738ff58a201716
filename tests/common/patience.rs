//! How long a test waits for what should come at once.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Longer than anything takes that does happen. Nothing waits for it unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What `job` comes to on a thread of its own: one that hangs fails its test, and does not keep the others.
#[track_caller]
pub(crate) fn ends<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    ends_within(PATIENCE, job)
}

/// The same, for what may take longer on a busy machine.
#[track_caller]
pub(crate) fn ends_within<T: Send + 'static>(
    patience: Duration,
    job: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(job()));
    match told.recv_timeout(patience) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(RecvTimeoutError::Disconnected) => panic!("it panicked"),
    }
}
