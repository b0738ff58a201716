// Wrong: reads each body, with a client of its own.
// rejected by empty_pages_share_a_connection: a client keeps its connections and uses them again
// rejected by large_pages_share_a_connection: a client keeps its connections and uses them again

use std::io;
use std::time::Duration;

use course::{Client, Url, client};

/// The status of the answer. Errors are left to the caller.
fn status(client: &Client, url: &Url) -> Result<u16, reqwest::Error> {
    let mut response = client.get(url.clone()).send()?;
    response.copy_to(&mut io::sink())?;
    Ok(response.status().as_u16())
}

/// The status of each page, in the order of the addresses.
fn statuses(urls: &[Url]) -> Result<Vec<u16>, reqwest::Error> {
    urls.iter().map(|url| status(&client(Duration::from_secs(10))?, url)).collect()
}
