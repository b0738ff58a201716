// Wrong: the clones are made before the loop, and so all threads fetch the same page.
// rejected by all_five_are_in_flight_together: result 2 is the page of /site-1, and /site-2 was wanted

use std::thread::{self, JoinHandle};

use course::{Client, FetchError, Page, Url, fetch};

type Fetched = Result<Page, FetchError>;

/// Starts to fetch, and returns at once: a handle for each address, in the order of the
/// addresses.
fn start_all(client: Client, urls: Vec<Url>) -> Vec<JoinHandle<Fetched>> {
    let mut threads = Vec::new();
    let url = urls[0].clone();
    for _ in &urls {
        let (client, url) = (client.clone(), url.clone());
        threads.push(thread::spawn(move || fetch(&client, &url)));
    }
    threads
}
