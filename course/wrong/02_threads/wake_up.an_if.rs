// Wrong: looks once, and takes any waking for the event.
// rejected by it_sleeps_until_the_event_and_no_other_waking_ends_it: it went on, and the event was not set

use std::sync::{Condvar, Mutex, PoisonError};

use course::lock;

#[derive(Default)]
struct Event {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    fn set(&self) {
        *lock(&self.flag) = true;
        self.changed.notify_all();
    }

    /// Waits until the event is set. Calls `looked` between a look and the next sleep.
    fn wait(&self, looked: impl Fn()) {
        let mut flag = lock(&self.flag);
        if !*flag {
            looked();
            flag = self.changed.wait(flag).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
