// Wrong: rounded down. 1.5 pages are under way, and one worker can never catch up.
// rejected by part_of_a_worker_is_one_more: 1.25 pages are under way: 1 worker is too few, 2 will do

use std::thread;
use std::time::Duration;

fn workers(rate: f64, latency: Duration, slots: usize) -> usize {
    ((rate * latency.as_secs_f64()) as usize).clamp(1, slots)
}
