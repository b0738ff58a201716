// Five threads fetch five pages. A thread may outlive the function that started it, and
// what it borrowed there would be gone. (In Python, whatever is used lives on.)
// The page: book/02-threads-and-locks/spawn-and-join.md

use std::thread::{self, JoinHandle};

use course::{Client, FetchError, Page, Url, fetch};

type Fetched = Result<Page, FetchError>;

/// Starts to fetch, and returns at once: a handle for each address, in the order of the
/// addresses.
fn start_all(client: Client, urls: Vec<Url>) -> Vec<JoinHandle<Fetched>> {
    let mut threads = Vec::new();
    for url in urls {
        // CHANGED: a thread takes its client along, and the next one needs one too. A
        // clone is one more handle to the same connections.
        let client = client.clone();
        // CHANGED: `move`, because a thread that may
        // outlive this call can borrow nothing from it.
        threads.push(thread::spawn(move || fetch(&client, &url)));
    }
    threads
}

fn main() {
    course::draw(|client, urls| {
        let threads = start_all(client.clone(), urls.to_vec());
        threads.into_iter().map(JoinHandle::join).collect::<Vec<_>>()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, assert_pages};

    #[test]
    fn all_five_are_in_flight_together() {
        let web = Web::together(5);
        let threads = start_all(web.client(), web.urls());
        let results: Vec<_> =
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        web.assert_together();
        assert_pages(&results, &web.urls());
    }
}
