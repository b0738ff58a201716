//! Another thread, in the middle of what one thread does.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::patience::within;

/// How long the one stays in the middle: time for the other to come to where it has to wait, if it has to.
const LINGER: Duration = Duration::from_millis(300);

/// How long the other waits for the middle. It begins then, so that the one is told and does not hang.
const MIDDLE: Duration = Duration::from_secs(5);

/// Runs `one`, which calls the function that it is given when it is in the middle of its work. Only then `other` begins, on a
/// thread of its own, and the one stays there for 300 ms. It does so once; later calls are counted and return at once.
///
/// Returns what both have used, and how often the one was in the middle, when both have ended.
///
/// # Panics
///
/// With the panic of either; with a sentence, when the one was never in the middle; and when both have not ended [`within`]
/// its patience.
#[track_caller]
pub fn in_the_middle<S: Send + Sync + 'static>(
    shared: S,
    other: impl FnOnce(&S) + Send + 'static,
    one: impl FnOnce(&S, &(dyn Fn() + Sync)) + Send + 'static,
) -> (S, usize) {
    within(move || {
        let (tell, told) = mpsc::channel();
        let calls = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (shared, calls) = (&shared, &calls);
            let other = scope.spawn(move || {
                let come = told.recv_timeout(MIDDLE);
                other(shared);
                come
            });
            // Owns its sender: if `one` never calls it, the other knows when it has ended.
            let middle = move || {
                if calls.fetch_add(1, SeqCst) == 0 {
                    // Fails if the other has lost its patience.
                    let _ = tell.send(());
                    thread::sleep(LINGER);
                }
            };
            one(shared, &middle);
            drop(middle);
            match other.join() {
                Ok(Ok(())) => {}
                Ok(Err(RecvTimeoutError::Disconnected)) => {
                    panic!("it has ended and never called the function that it was given")
                }
                Ok(Err(RecvTimeoutError::Timeout)) => panic!(
                    "it did not call the function that it was given: another thread waited {} s for that",
                    MIDDLE.as_secs()
                ),
                Err(panic) => resume_unwind(panic),
            }
        });
        (shared, calls.into_inner())
    })
}

#[cfg(test)]
mod tests {
    use super::in_the_middle;
    use std::panic::catch_unwind;
    use std::sync::Mutex;

    #[test]
    fn the_other_begins_in_the_middle_and_a_middle_left_out_is_told() {
        let log =
            |text| move |log: &Mutex<Vec<_>>| log.lock().expect("no panic").push(text);
        let list = Mutex::new(Vec::new());
        let (list, calls) = in_the_middle(list, log("other"), move |list, middle| {
            log("first")(list);
            middle();
            middle();
            log("last")(list);
        });
        assert_eq!(list.into_inner().expect("no panic"), ["first", "other", "last"]);
        assert_eq!(calls, 2);

        let panic = catch_unwind(|| in_the_middle((), |()| {}, |(), _| {}));
        let said = panic.expect_err("it is told").downcast::<&str>().expect("a sentence");
        assert!(said.contains("never called the function"), "{said}");
    }
}
