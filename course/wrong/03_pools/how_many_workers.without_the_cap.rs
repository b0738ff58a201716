// Wrong: the law says what must be under way, and nobody asked what the other side can take.
// rejected by a_site_of_four_slots_has_no_more_than_four_in_flight: and 4 were wanted: more are made at the same time

use std::thread;
use std::time::Duration;

fn workers(rate: f64, latency: Duration, slots: usize) -> usize {
    (rate * latency.as_secs_f64()).ceil() as usize
}
