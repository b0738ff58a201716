//! What rayon is not made for.

use rayon::prelude::*;
use sequential_fetch::{Client, FetchError, Page, Url, fetch};

// ANCHOR: fetch_all
/// Fetches all pages on rayon's threads, of which there are as many as *cores*, if nobody
/// says otherwise.
///
/// One result for each address, in the order of the addresses.
pub fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    urls.par_iter().map(|url| fetch(client, url)).collect()
}
// ANCHOR_END: fetch_all
