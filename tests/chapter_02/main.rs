//! Chapter 2, held to its word by structure: what the slow web saw, who waited for whom, what was lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

#[path = "../common/patience.rs"]
mod patience;

mod channels;
mod counter;
mod hazards;
mod results;
mod threads;
