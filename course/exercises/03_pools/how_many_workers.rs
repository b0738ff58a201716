// A site takes 50 ms for a page, and 200 pages a second are to arrive. The rule of thumb,
// five workers for each core, knows neither figure; Little's law does.
// The page: book/03-thread-pool/littles-law.md

use std::thread;
use std::time::Duration;

/// The fewest workers that carry `rate` pages a second, if each takes `latency`, but
/// no more than the site has slots.
fn workers(rate: f64, latency: Duration, slots: usize) -> usize {
    // TODO: ask the figures, and not your cores.
    let _ = (rate, latency, slots);
    thread::available_parallelism().map_or(1, |cores| 5 * cores.get())
}

fn main() {
    println!("rate  latency  slots  workers");
    for (rate, ms, slots) in [(200, 50, 32), (200, 50, 4), (25, 50, 32), (2, 3000, 32)] {
        let workers = workers(f64::from(rate), Duration::from_millis(ms), slots);
        println!("{rate:4}  {ms:4} ms  {slots:5}  {workers:7}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, fetch};
    use std::{iter, sync::Mutex};

    #[test]
    fn as_many_as_are_under_way_on_average() {
        for (rate, ms, wanted) in [(200.0, 50, 10), (1000.0, 20, 20), (2.0, 3000, 6)] {
            let seen = workers(rate, Duration::from_millis(ms), 32);
            assert_eq!(seen, wanted, "{rate} pages a second of {ms} ms, and many slots");
        }
    }

    #[test]
    fn part_of_a_worker_is_one_more() {
        let seen = workers(25.0, Duration::from_millis(50), 32);
        assert_eq!(seen, 2, "1.25 pages are under way: 1 worker is too few, 2 will do");
    }

    #[test]
    fn a_site_of_four_slots_has_no_more_than_four_in_flight() {
        let web = Web::in_groups(12, 4);
        let (client, next) = (web.client(), Mutex::new(web.urls().into_iter()));
        let take = || next.lock().expect("no panic").next();
        let work = || iter::from_fn(take).for_each(|url| drop(fetch(&client, &url)));
        thread::scope(|scope| {
            for _ in 0..workers(200.0, Duration::from_millis(50), 4) {
                scope.spawn(work);
            }
        });
        web.assert_together();
    }
}
