//! Each thread writes its result into a place of its own.

use std::any::Any;
use std::thread;
use std::time::Instant;

use crate::{Client, FetchError, FetchErrorKind, Page, Url, fetch, panic_message};

/// Fetches all pages, each on a thread of its own that writes into a slot of its own.
///
/// One result for each address, in the order of the addresses. A page that fails is an error in its place, and so is one whose
/// thread panicked.
///
/// # Panics
///
/// When the operating system has no thread left to give.
// ANCHOR: fetch_all
pub fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let began = Instant::now();
    let mut slots: Vec<_> = urls.iter().map(|_| None).collect();
    let panics: Vec<_> = thread::scope(|scope| {
        let mut handles = Vec::new();
        for (slot, url) in slots.iter_mut().zip(urls) {
            handles.push(scope.spawn(move || *slot = Some(fetch(client, url))));
        }
        // A panic ends here, with its thread. Left alone, it would end the scope too.
        handles.into_iter().map(|handle| handle.join().err()).collect()
    });
    // All threads are done, and the slots are the caller's again. One that is still
    // empty is that of a thread that panicked.
    let lost = |url: &Url, panic: Option<Box<dyn Any + Send>>| {
        let message = panic.map(|panic| panic_message(&*panic)).unwrap_or_default();
        let kind = FetchErrorKind::Lost(message);
        Err(FetchError { url: url.clone(), elapsed: began.elapsed(), kind })
    };
    let ended = urls.iter().zip(slots.into_iter().zip(panics));
    ended.map(|(url, (slot, panic))| slot.unwrap_or_else(|| lost(url, panic))).collect()
}
// ANCHOR_END: fetch_all
