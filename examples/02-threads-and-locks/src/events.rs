//! One thread tells others that something has happened.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::poison::lock;

// ANCHOR: event
/// A flag that threads can wait for: Python's `threading.Event`.
#[derive(Debug, Default)]
pub struct Event {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    /// Lets all go on that wait now, and all that will.
    pub fn set(&self) {
        *lock(&self.flag) = true;
        self.changed.notify_all();
    }

    /// Waits until the event is set.
    pub fn wait(&self) {
        // Lets the lock go while it sleeps, and looks at the flag at each waking.
        let set = self.changed.wait_while(lock(&self.flag), |flag| !*flag);
        drop(set);
    }
    // ANCHOR_END: event

    // ANCHOR: wait_timeout
    /// Waits until the event is set or the time is over. Returns whether it is set.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let waited =
            self.changed.wait_timeout_while(lock(&self.flag), timeout, |flag| !*flag);
        let (flag, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *flag
    }
    // ANCHOR_END: wait_timeout

    /// Whether the event is set.
    pub fn is_set(&self) -> bool {
        *lock(&self.flag)
    }

    /// From now on, who waits waits again.
    pub fn clear(&self) {
        *lock(&self.flag) = false;
    }
}

// ANCHOR: unlocked_event
/// An event whose flag is not behind the lock. It can lose the one call that counts.
#[derive(Debug, Default)]
pub struct UnlockedEvent {
    flag: AtomicBool,
    lock: Mutex<()>,
    changed: Condvar,
}

impl UnlockedEvent {
    /// Lets all go on that wait at this moment.
    pub fn set(&self) {
        self.flag.store(true, Ordering::SeqCst);
        self.changed.notify_all();
    }

    /// Waits until it is notified. `looked` is called between the look and the wait.
    pub fn wait(&self, looked: impl FnOnce()) {
        if !self.flag.load(Ordering::SeqCst) {
            looked();
            drop(self.changed.wait(lock(&self.lock)));
        }
    }
    // ANCHOR_END: unlocked_event

    /// Whether the flag is set.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }
}

/// Has one thread wait, and sets the event between its look at the flag and its wait.
///
/// Returns whether it still waits when `patience` is over. It is woken then.
pub fn set_in_between(event: &UnlockedEvent, patience: Duration) -> bool {
    let ((look, looked), (set, was_set)) = (mpsc::channel(), mpsc::channel());
    let (tell, awake) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            event.wait(|| {
                let _ = look.send(());
                let _ = was_set.recv();
            });
            let _ = tell.send(());
        });
        let _ = looked.recv();
        event.set(); // Nobody waits yet, and a notification is not kept.
        let _ = set.send(());
        let still_waits = awake.recv_timeout(patience).is_err();
        // Once is enough, but for a waiter that has not come to its wait even now.
        while still_waits && awake.recv_timeout(Duration::from_millis(10)).is_err() {
            event.set();
        }
        still_waits
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Duration, Event, lock, mpsc, thread};

    #[test]
    fn set_wakes_all_that_are_asleep() {
        let event = Arc::new(Event::default());
        let ((look, looks), (wake, awake)) = (mpsc::channel(), mpsc::channel());
        for _ in 0..3 {
            let (event, look, wake) = (event.clone(), look.clone(), wake.clone());
            thread::spawn(move || {
                // As `wait` does, and says when: the lock is held until it is asleep.
                let woken = event.changed.wait_while(lock(&event.flag), |flag| {
                    let _ = look.send(());
                    !*flag
                });
                drop(woken);
                let _ = wake.send(());
            });
        }
        drop((look, wake));
        assert_eq!(looks.iter().take(3).count(), 3);
        event.set();
        for _ in 0..3 {
            assert_eq!(awake.recv_timeout(Duration::from_secs(10)), Ok(()));
        }
    }
}
