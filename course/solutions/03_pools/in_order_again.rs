// In Python `pool.map` gives its results in the order of the items. This one gives them
// in the order in which they were ready, and you cannot tell which is whose.
// The page: book/03-thread-pool/results-from-a-pool.md

use std::thread;

use course::fetch;
use crossbeam_channel::unbounded;

/// Does `job` with each item, on so many workers. The results are in the items' order.
fn map<I: Send, T: Send>(
    workers: usize,
    items: Vec<I>,
    job: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let (jobs, queue) = unbounded();
    let (tell, results) = unbounded();
    // CHANGED: each item gets its position here.
    // Behind the queue nobody knows it any more.
    items.into_iter().enumerate().for_each(|item| drop(jobs.send(item)));
    drop(jobs);
    // CHANGED: the position goes past the job, and says whose the result is.
    let work = |(position, item)| drop(tell.send((position, job(item))));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| queue.iter().for_each(&work));
        }
    });
    // The scope has ended, and so have all jobs.
    let mut results: Vec<_> = results.try_iter().collect();
    // CHANGED: sorted by position, not by result: that may have no order at all.
    results.sort_unstable_by_key(|&(position, _)| position);
    results.into_iter().map(|(_, result)| result).collect()
}

fn main() {
    course::draw(|client, urls| {
        let results = map(3, urls.to_vec(), |url| fetch(client, &url));
        results.iter().flatten().for_each(|page| println!("{}", page.url.path()));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, within};

    #[test]
    fn the_first_item_has_the_first_result_and_was_not_ready_first() {
        static GAUGE: Gauge = Gauge::new(2);
        let job = |(name, others)| {
            (0..others).for_each(|_| GAUGE.work());
            name
        };
        // "c" ends when "d" begins, which comes after "a"; and "d" ends when "b" begins.
        let items = vec![("c", 1), ("a", 0), ("d", 2), ("b", 1)];
        let results = within(move || map(2, items, job));
        GAUGE.assert_together();
        GAUGE.assert_threads(2);
        let wanted = ["c", "a", "d", "b"];
        assert_eq!(results, wanted, "left: the results, right: the order of the items");
    }
}
