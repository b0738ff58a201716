// Wrong: only what is owned may move into the thread, and a result is owned: so it is fetched first.
// rejected by all_five_are_in_flight_together: 1 request was in flight together, and 5 were wanted

use std::thread::{self, JoinHandle};

use course::{Client, FetchError, Page, Url, fetch};

type Fetched = Result<Page, FetchError>;

/// Starts to fetch, and returns at once: a handle for each address, in the order of the
/// addresses.
fn start_all(client: Client, urls: Vec<Url>) -> Vec<JoinHandle<Fetched>> {
    let mut threads = Vec::new();
    for url in urls {
        let result = fetch(&client, &url);
        threads.push(thread::spawn(move || result));
    }
    threads
}
