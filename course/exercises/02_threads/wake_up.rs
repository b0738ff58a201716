// Python's `threading.Event` in Rust: a flag behind a lock and a place to sleep. This one
// does not look at the flag when it waits: who comes after the event sleeps for ever.
// The page: book/02-threads-and-locks/events.md

#![allow(dead_code, reason = "only the tests use it")]

use std::sync::{Condvar, Mutex};

#[derive(Default)]
struct Event {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    fn set(&self) {
        *course::lock(&self.flag) = true;
        self.changed.notify_all();
    }

    /// Waits until the event is set. Calls `looked` between a look and the next sleep.
    fn wait(&self, looked: impl Fn()) {
        // TODO: sleep only while the flag is not set, and miss no event.
        looked();
        drop(self.changed.wait(course::lock(&self.flag)));
    }
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::Event;
    use std::time::Duration;

    /// Waits, and counts the looks. Between the first and the sleep, `other` begins.
    fn wait_while(other: fn(&Event)) -> (Event, usize) {
        course::in_the_middle(Event::default(), other, |event, looked| {
            event.wait(looked);
            assert!(*course::lock(&event.flag), "it went on, and the event was not set");
            event.wait(|| {}); // By now the event is set.
        })
    }

    #[test]
    fn no_event_is_lost_in_between_or_before() {
        wait_while(Event::set);
    }

    #[test]
    fn it_sleeps_until_the_event_and_no_other_waking_ends_it() {
        let (_, looks) = wait_while(|event| {
            std::thread::sleep(Duration::from_millis(600)); // By now it sleeps.
            event.changed.notify_all();
            std::thread::sleep(Duration::from_millis(200));
            event.set();
        });
        assert!(looks < 9, "it looked {looks} times while nothing happened: a busy loop");
    }
}
