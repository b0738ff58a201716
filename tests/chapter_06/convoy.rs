//! Waits beside threads that compute: they end, in Rust, while the others go on.

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use choosing::convoy::{beat, beats_within, beside};

use crate::patience::{PATIENCE, ends};

#[test]
fn waits_end_while_another_thread_never_stops_to_compute() {
    // That thread stops when it has seen so many waits end. Where they could not, it would go on until nobody has patience.
    let beats = ends(|| beats_within(PATIENCE * 2, 20, Duration::from_millis(1)));
    assert!(beats >= 20, "{beats}");
}

#[test]
fn a_job_beside_others_is_done_while_all_of_them_work() {
    const NEIGHBOURS: usize = 3;
    let late = ends(|| {
        let seen = Mutex::new(HashSet::new());
        let section = || {
            seen.lock().unwrap().insert(thread::current().id());
        };
        beside(NEIGHBOURS, section, || {
            while seen.lock().unwrap().len() < NEIGHBOURS {
                thread::yield_now();
            }
            beat(5, Duration::ZERO)
        })
    });
    assert_eq!(late.len(), 5);
}
