// Wrong: rounded as in school. With the part that was dropped the queue grows.
// rejected by part_of_a_worker_is_one_more: 1.25 pages are under way: 1 worker is too few, 2 will do

use std::thread;
use std::time::Duration;

/// The fewest workers that carry `rate` pages a second, if each takes `latency`, but
/// no more than the site has slots.
fn workers(rate: f64, latency: Duration, slots: usize) -> usize {
    let in_flight = latency.mul_f64(rate).as_secs_f64();
    (in_flight.round() as usize).min(slots)
}
