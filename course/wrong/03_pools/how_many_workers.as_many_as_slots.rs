// Wrong: whatever the other side has is taken, whether it is needed or not.
// rejected by as_many_as_are_under_way_on_average: 200 pages a second of 50 ms, and many slots
// rejected by part_of_a_worker_is_one_more: 1.25 pages are under way

use std::thread;
use std::time::Duration;

fn workers(rate: f64, latency: Duration, slots: usize) -> usize {
    slots
}
