//! The same fetches with threads that own what they use, and so may outlive whoever started them.

use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::{Client, FetchError, Page, Url, fetch, or_lost};

// ANCHOR: start_all
/// Starts to fetch all pages, each on a thread of its own, and returns at once.
///
/// One handle for each address, in the order of the addresses. Dropping a handle does not
/// stop its thread.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn start_all(
    client: &Client,
    urls: &[Url],
) -> Vec<JoinHandle<Result<Page, FetchError>>> {
    let start = |url: &Url| {
        // These threads may outlive this call, and so own what they use.
        let (client, url) = (client.clone(), url.clone());
        thread::spawn(move || fetch(&client, &url))
    };
    urls.iter().map(start).collect()
}
// ANCHOR_END: start_all

// ANCHOR: fetch_all
/// Fetches all pages, each on a thread of its own.
///
/// One result for each address, in the order of the addresses. A page that fails is an
/// error in its place, and so is one whose thread panicked.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let began = Instant::now();
    let handles = start_all(client, urls);
    urls.iter()
        .zip(handles)
        .map(|(url, handle)| or_lost(handle.join(), url, began))
        .collect()
}
// ANCHOR_END: fetch_all
