//! The instruments of the exercises: what their tests ask, and what their `main` shows.
//!
//! - [`Web`]: a slow web of the [lab](lab::slow_web) that says in a sentence what it saw and what was wanted;
//! - [`Gauge`]: the same for jobs that ask no web: how many were at work at once, and on which threads;
//! - [`Counter`] and [`Contended`]: threads that come at the worst moment, so that a race is lost each time;
//! - [`in_the_middle`]: another thread, in the middle of what one does; [`in_turn`]: jobs that end in a given order;
//! - [`within`]: a test that hangs, ended;
//! - [`asynchronous`]: what the exercises of chapter 5 fetch with;
//! - [`worker`]: the child processes of chapter 4's exercises;
//! - [`draw`]: the timeline of an answer.
//!
//! [`Client`], [`fetch`], [`Page`] and [`FetchError`] are those of the book's first chapter.

// As everywhere but in the exercises, which take their lints from `Cargo.toml`.
#![warn(missing_docs, unreachable_pub)]

pub mod asynchronous;
mod draw;
mod gauge;
mod meeting;
mod middle;
mod patience;
#[cfg(test)]
mod tests;
mod turns;
mod web;
pub mod worker;

pub use draw::{draw, draw_async};
pub use gauge::Gauge;
pub use lab::slow_web::{Latency, SlowWeb};
pub use meeting::{Contended, ContendedGuard, Counter, lock};
pub use middle::in_the_middle;
pub use patience::{PATIENCE, comes_true, within};
pub use sequential_fetch::{
    Client, FetchError, FetchErrorKind, Page, Url, client, crunch, fetch,
};
pub use turns::{NEVER, in_turn};
pub use web::{Web, assert_pages};
