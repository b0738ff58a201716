// Wrong: one client, and a response that is dropped with its body unread takes the connection with it.
// rejected by large_pages_share_a_connection: the server saw 5 connections, and 1 was wanted

use std::time::Duration;

use course::{Client, Url, client};

/// The status of the answer. Errors are left to the caller.
fn status(client: &Client, url: &Url) -> Result<u16, reqwest::Error> {
    let response = client.get(url.clone()).send()?;
    Ok(response.status().as_u16())
}

/// The status of each page, in the order of the addresses.
fn statuses(urls: &[Url]) -> Result<Vec<u16>, reqwest::Error> {
    let client = client(Duration::from_secs(10))?;
    urls.iter().map(|url| status(&client, url)).collect()
}
