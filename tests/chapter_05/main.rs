//! Chapter 5, held to its word by structure: what the slow web saw, which thread polled what, what a paused clock says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

#[path = "../common/patience.rs"]
mod patience;

mod blocking;
mod bounded;
mod cancel;
mod deadlines;
mod executor;
mod futurelock;
mod interrupt;
mod many;
mod pitfalls;
mod retry;
mod runtimes;
mod select;
mod together;
