// Wrong: does not sleep, and looks again and again.
// rejected by it_sleeps_until_the_event_and_no_other_waking_ends_it: times while nothing happened: a busy loop

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
            std::thread::yield_now();
        }
    }
}
