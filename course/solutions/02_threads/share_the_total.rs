// Five threads add to one total, the bytes of all pages. An `Rc` has many owners, and a
// `RefCell` lets them change what is inside: in one thread. There is no GIL here.
// The page: book/02-threads-and-locks/send-and-sync.md

use std::sync::{Arc, Mutex};
use std::thread;

use course::{Client, Url, fetch, lock};

/// The bytes of all pages together. A page that fails adds nothing.
fn total_bytes(client: &Client, urls: &[Url]) -> u64 {
    // CHANGED: `Arc` counts its owners atomically,
    // and `Mutex` lets one thread in at a time.
    let total = Arc::new(Mutex::new(0));
    let mut threads = Vec::new();
    for url in urls {
        let (client, url, total) = (client.clone(), url.clone(), Arc::clone(&total));
        threads.push(thread::spawn(move || {
            let bytes = fetch(&client, &url).map_or(0, |page| page.bytes);
            // CHANGED: locked when the page is there,
            // so that nobody waits for another's fetch.
            *lock(&total) += bytes;
        }));
    }
    for thread in threads {
        thread.join().expect("no panic");
    }
    *lock(&total)
}

fn main() {
    course::draw(|client, urls| println!("{} bytes", total_bytes(client, urls)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{SlowWeb, Web, within};
    use std::time::Duration;

    #[test]
    fn five_threads_add_to_one_total() {
        within(|| {
            let sites = [Duration::from_millis(200); 5];
            let web = SlowWeb::builder().sites(sites).body_size(1001);
            let web = Web::from(web.barrier(5, Duration::from_secs(5)));
            let total = total_bytes(&web.client(), &web.urls());
            web.assert_peak(5);
            assert!(
                total == 5005,
                "the total is {total}; 5005 was wanted, 5 pages of 1001"
            );
        });
    }
}
