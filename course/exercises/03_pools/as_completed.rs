// `as_completed` hands you each result when it is there. Here each worker makes a list of
// its results, and hands it on at its end: a slow job holds back those that are ready.
// The page: book/03-thread-pool/as-completed.md

use std::thread;

use course::fetch;
use crossbeam_channel::unbounded;

/// Does `job` with each item, on so many workers. Yields each result, and the position of
/// its item, as soon as it is there.
fn as_completed<I: Send + 'static, T: Send + 'static>(
    workers: usize,
    items: Vec<I>,
    job: fn(I) -> T,
) -> impl Iterator<Item = (usize, T)> {
    let (jobs, queue) = unbounded();
    items.into_iter().enumerate().for_each(|item| drop(jobs.send(item)));
    // TODO: hand on each result when it is there, and end when all are.
    let work = move || queue.iter().map(|(n, item)| (n, job(item))).collect::<Vec<_>>();
    drop(jobs);
    let threads: Vec<_> = (0..workers).map(|_| thread::spawn(work.clone())).collect();
    threads.into_iter().flat_map(|thread| thread.join().expect("no panic"))
}

fn main() {
    course::draw(|client, urls| {
        let began = std::time::Instant::now();
        let items = urls.iter().map(|url| (client.clone(), url.clone())).collect();
        for (n, _) in as_completed(2, items, |(client, url)| fetch(&client, &url)) {
            println!("after {:3} ms: {}", began.elapsed().as_millis(), urls[n].path());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Gauge, PATIENCE};
    use crossbeam_channel::{Receiver, RecvTimeoutError};

    #[test]
    fn each_result_comes_while_others_are_still_at_work() {
        static GAUGE: Gauge = Gauge::new(1);
        let (may_end, gates): (Vec<_>, Vec<_>) = (0..4).map(|_| unbounded()).unzip();
        let job = |gate: Receiver<()>| (GAUGE.note(), gate.recv());
        let (tell, told) = unbounded();
        let hear = move |(position, _)| tell.send(position).unwrap_or(());
        thread::spawn(move || as_completed(2, gates, job).for_each(hear));
        for n in [1, 2, 3, 0] {
            let _ = may_end[n].send(());
            let came = told.recv_timeout(PATIENCE / 2);
            assert_eq!(came, Ok(n), "job {n} could end, and no other: tell it at once");
        }
        GAUGE.assert_threads(2);
        let end = told.recv_timeout(PATIENCE / 2);
        assert_eq!(end, Err(RecvTimeoutError::Disconnected), "the iterator does not end");
    }
}
