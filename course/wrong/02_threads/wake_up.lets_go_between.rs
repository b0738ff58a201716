// Wrong: looks, lets the lock go, and takes it again to sleep. In between the event comes, and its notification is not kept.
// rejected by no_event_is_lost_in_between_or_before: it hangs

use std::sync::{Condvar, Mutex};

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
        while !*lock(&self.flag) {
            looked();
            drop(self.changed.wait(lock(&self.flag)));
        }
    }
}
