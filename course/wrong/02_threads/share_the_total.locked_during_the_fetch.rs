// Wrong: each thread takes the lock at its top, to be safe, and fetches while it holds it.
// rejected by five_threads_add_to_one_total: 1 request was in flight together, and 5 were wanted

use std::sync::{Arc, Mutex};
use std::thread;

use course::{Client, Url, fetch, lock};

/// The bytes of all pages together. A page that fails adds nothing.
fn total_bytes(client: &Client, urls: &[Url]) -> u64 {
    let total = Arc::new(Mutex::new(0));
    let mut threads = Vec::new();
    for url in urls {
        let (client, url, total) = (client.clone(), url.clone(), Arc::clone(&total));
        threads.push(thread::spawn(move || {
            let mut total = lock(&total);
            *total += fetch(&client, &url).map_or(0, |page| page.bytes);
        }));
    }
    for thread in threads {
        thread.join().expect("no panic");
    }
    *lock(&total)
}
