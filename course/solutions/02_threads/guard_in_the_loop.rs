// Four workers share a queue behind a lock. In Python, `with lock:` shows how long it is
// held. Here they fetch one page at a time, and no line looks wrong.
// The page: book/02-threads-and-locks/guards.md

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
                    // CHANGED: a line of its own. A guard without a name is dropped at
                    // the semicolon; in the head of a `while let`, after the body.
                    let Ok(url) = lock(&jobs).recv() else { break };
                    let result = fetch(client, url);
                    lock(&results).push(result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn main() {
    course::draw(fetch_all);
}

#[cfg(test)]
mod tests {
    use super::fetch_all;
    use course::{Web, assert_pages, within};

    #[test]
    fn four_fetches_run_at_a_time_and_each_address_is_fetched_once() {
        let web = Web::in_groups(8, 4);
        let (client, urls) = (web.client(), web.urls());
        let mut results = within(move || fetch_all(&client, &urls));
        web.assert_together();
        web.assert_requests(8);
        // As they came; by their addresses they are compared.
        results.sort_by_key(|result| match result {
            Ok(page) => page.url.to_string(),
            Err(error) => error.url.to_string(),
        });
        assert_pages(&results, &web.urls());
    }
}
