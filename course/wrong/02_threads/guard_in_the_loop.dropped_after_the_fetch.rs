// Wrong: the guard has a name, and is dropped where the work is done.
// rejected by four_fetches_run_at_a_time_and_each_address_is_fetched_once: 1 request was in flight together, and 4 were wanted

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use course::{Client, FetchError, Page, Url, fetch};

/// One result for each address, in completion order. Four workers take the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let (tx, rx) = mpsc::channel();
    for url in urls {
        let _ = tx.send(url); // Fails only once the receiver is gone, and it is here.
    }
    drop(tx);
    let (jobs, results) = (Mutex::new(rx), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let queue = lock(&jobs);
                    let Ok(url) = queue.recv() else { break };
                    let result = fetch(client, url);
                    lock(&results).push(result);
                    drop(queue);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
