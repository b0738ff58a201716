// One server is asked five times, and one connection would do. Each request opens its
// own, as `requests.get` does without a `Session`. There are two causes: find both.
// The page: book/01-sequential-fetch/sequential-fetch.md

use std::io;
use std::time::Duration;

use course::{Client, Url, client};

/// The status of the answer. Errors are left to the caller.
fn status(client: &Client, url: &Url) -> reqwest::Result<u16> {
    let mut response = client.get(url.clone()).send()?;
    // CHANGED: the rest of the body would come before the next answer.
    // So when a response is dropped unread, its connection is closed.
    response.copy_to(&mut io::sink())?;
    Ok(response.status().as_u16())
}

/// The status of each page, in the order of the addresses.
fn statuses(urls: &[Url]) -> reqwest::Result<Vec<u16>> {
    // CHANGED: once, before the loop: it is the client that keeps the connections.
    let client = client(Duration::from_secs(10))?;
    urls.iter().map(|url| status(&client, url)).collect()
}

fn main() {
    let web = course::Web::of(0);
    let seen = statuses(&vec![web.url("large"); 5]);
    println!("{seen:?}, connections: {}", web.connections());
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::Web;

    fn five_on_one_connection(path: &str) {
        let web = Web::of(0);
        let seen = statuses(&vec![web.url(path); 5]).expect("five answers");
        assert!(seen == [200; 5], "{seen:?} came of it, and five of 200 were wanted");
        web.assert_requests(5);
        web.assert_connections(1);
    }

    #[test]
    fn empty_pages_share_a_connection() {
        five_on_one_connection("empty");
    }

    #[test]
    fn large_pages_share_a_connection() {
        five_on_one_connection("large");
    }
}
