// A thread for each of twelve addresses: a site that serves three is asked for twelve at
// once. `ThreadPoolExecutor(3)` starts three threads, and they take turns. Here as well?
// The page: book/03-thread-pool/build-a-pool.md

use std::thread;

use course::fetch;

/// Does `job` with each item, on so many threads. One result each, in any order.
fn on_workers<I, T>(workers: usize, items: &[I], job: impl Fn(&I) -> T + Sync) -> Vec<T>
where
    I: Sync,
    T: Send,
{
    // TODO: no more threads than `workers`, and one queue that all of them take from.
    let job = &job;
    thread::scope(|scope| {
        let threads: Vec<_> =
            items.iter().map(|item| scope.spawn(move || job(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn main() {
    // At the end of each bar stands the thread that fetched.
    course::draw(|client, urls| on_workers(3, urls, |url| fetch(client, url)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, PATIENCE, Web, within};

    #[test]
    fn three_workers_make_all_twelve_requests() {
        static GAUGE: Gauge = Gauge::new(3);
        let web = Web::in_groups(12, 3);
        let (client, urls) = (web.client(), web.urls());
        let job = move |url: &_| {
            GAUGE.note();
            fetch(&client, url)
        };
        let pages = within(move || on_workers(3, &urls, job));
        web.assert_together();
        GAUGE.assert_threads(3);
        assert_eq!(pages.iter().flatten().count(), 12, "each address has its page");
    }

    #[test]
    fn a_slow_job_holds_up_no_other() {
        let (done, others) = crossbeam_channel::unbounded();
        // Job 0 ends when all others have ended.
        let wait = move || (1..12).all(|_| others.recv_timeout(PATIENCE / 2).is_ok());
        let job = move |n: &_| if *n == 0 { wait() } else { done.send(()).is_ok() };
        let ended = within(|| on_workers(3, &Vec::from_iter(0..12), job));
        let behind = "one job took long: others waited behind it, and a worker was free";
        assert!(!ended.contains(&false), "{behind}");
    }
}
