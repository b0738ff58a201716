//! Chapter 2: threads and locks.
//!
//! [`fetch_all`] gives each site a thread of its own, and [`crunch_all`] each chunk. The modules hold the other ways to do it,
//! and what goes wrong with some of them.

pub mod channels;
pub mod counter;
pub mod deadlock;
pub mod events;
pub mod guards;
pub mod lazily;
pub mod locked;
pub mod pipeline;
pub mod poison;
pub mod readers;
pub mod slots;
pub mod spawned;

use std::any::Any;
use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;
use std::time::Instant;

pub use sequential_fetch::{
    Client, FetchError, FetchErrorKind, Page, Url, client, crunch, fetch,
};

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
    thread::scope(|scope| {
        // Collected, so that all threads have begun before the first is waited for.
        let handles: Vec<_> =
            urls.iter().map(|url| scope.spawn(move || fetch(client, url))).collect();
        urls.iter()
            .zip(handles)
            .map(|(url, handle)| or_lost(handle.join(), url, began))
            .collect()
    })
}
// ANCHOR_END: fetch_all

// ANCHOR: or_lost
/// What a thread was joined with: the result of its fetch, or an error in its place if it
/// panicked.
pub fn or_lost(
    joined: thread::Result<Result<Page, FetchError>>,
    url: &Url,
    began: Instant,
) -> Result<Page, FetchError> {
    joined.unwrap_or_else(|panic| {
        let kind = FetchErrorKind::Lost(panic_message(&*panic));
        Err(FetchError { url: url.clone(), elapsed: began.elapsed(), kind })
    })
}
// ANCHOR_END: or_lost

// ANCHOR: panic_message
/// The message of a panic, from what it leaves to whoever joins the thread.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    // `panic!("..")` leaves a `&str` or a `String`; `panic_any` may leave anything.
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
// ANCHOR_END: panic_message

// ANCHOR: map_on_threads
/// Runs `job` on each item, each on a thread of its own.
///
/// One outcome for each item, in the order of the items: what the job returned, or the
/// message of its panic.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn map_on_threads<I: Sync, T: Send>(
    items: &[I],
    job: impl Fn(&I) -> T + Sync,
) -> Vec<Result<T, String>> {
    let job = &job;
    thread::scope(|scope| {
        let handles: Vec<_> =
            items.iter().map(|item| scope.spawn(move || job(item))).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().map_err(|panic| panic_message(&*panic)))
            .collect()
    })
}
// ANCHOR_END: map_on_threads

// ANCHOR: crunch_all
/// Counts the primes in each chunk, each on a thread of its own.
///
/// One count for each chunk, in the order of the chunks.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn crunch_all(chunks: &[Range<u64>]) -> Vec<u64> {
    thread::scope(|scope| {
        let handles: Vec<_> = chunks
            .iter()
            .map(|chunk| scope.spawn(move || crunch(chunk.clone())))
            .collect();
        handles
            .into_iter()
            // A count has no place for an error, so a panic goes on in this thread.
            .map(|handle| handle.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}
// ANCHOR_END: crunch_all
