//! A thread a site, and yet one after another: each thread is waited for before the next is started.

use std::thread;
use std::time::Instant;

use crate::{Client, FetchError, Page, Url, fetch, or_lost};

// ANCHOR: fetch_all
/// Fetches all pages, each on a thread of its own, one thread after another.
///
/// One result for each address, in the order of the addresses.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let began = Instant::now();
    thread::scope(|scope| {
        // Not collected: no thread is started before its handle is asked for, below.
        let handles = urls.iter().map(|url| scope.spawn(move || fetch(client, url)));
        urls.iter()
            .zip(handles)
            .map(|(url, handle)| or_lost(handle.join(), url, began))
            .collect()
    })
}
// ANCHOR_END: fetch_all
