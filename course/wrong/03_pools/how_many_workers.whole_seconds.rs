// Wrong: `as_secs` drops the milliseconds: 50 ms are no seconds, and no worker is needed.
// rejected by as_many_as_are_under_way_on_average: 200 pages a second of 50 ms, and many slots
// rejected by part_of_a_worker_is_one_more: 1.25 pages are under way
// rejected by a_site_of_four_slots_has_no_more_than_four_in_flight: 0 requests were in flight together, and 4 were wanted: nothing was asked for

use std::thread;
use std::time::Duration;

fn workers(rate: f64, latency: Duration, slots: usize) -> usize {
    ((rate * latency.as_secs() as f64).ceil() as usize).min(slots)
}
