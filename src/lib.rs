//! The reader of the book: builds it, serves it on loopback, and reloads the open pages when a source changes.
//!
//! [`build`] turns the Markdown into a directory of HTML, [`serve`] keeps that directory in memory and answers requests from it,
//! and [`watch`] rebuilds when a source changes. [`run`] runs the programs for the pages. Each can be used, and is tested, without the others.

pub mod build;
pub mod exercises;
pub mod programs;
pub mod record;
pub mod run;
pub mod serve;
pub mod watch;
