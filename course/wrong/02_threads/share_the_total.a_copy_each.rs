// Wrong: without any `Arc` it compiles too: each thread adds to a copy of its own.
// rejected by five_threads_add_to_one_total: the total is 0; 5005 was wanted

use std::thread;

use course::{Client, Url, fetch};

/// The bytes of all pages together. A page that fails adds nothing.
fn total_bytes(client: &Client, urls: &[Url]) -> u64 {
    let mut total = 0;
    let mut threads = Vec::new();
    for url in urls {
        let (client, url) = (client.clone(), url.clone());
        threads.push(thread::spawn(move || {
            let bytes = fetch(&client, &url).map_or(0, |page| page.bytes);
            total += bytes;
        }));
    }
    for thread in threads {
        thread.join().expect("no panic");
    }
    total
}
