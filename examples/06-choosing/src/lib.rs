//! Chapter 6: every model on the same two jobs, what was measured of each, and which one to take.
//!
//! [`model`] has all models of the book behind one name; [`measured`] reads what the bench has recorded of them; [`statistics`]
//! makes figures of it; [`advice`] makes a recommendation. [`limit`] looks for what is left between a model and its limit.
//! [`by_accident`] and [`convoy`] are an experiment each: what is safe only by accident, and waits beside threads that compute.

pub mod advice;
pub mod by_accident;
pub mod convoy;
pub mod limit;
pub mod measured;
pub mod model;
pub mod statistics;

pub use model::{Model, Ready, Setting};
pub use sequential_fetch::{FetchError, FetchErrorKind, Page, Url};
