//! Chapter 7: the other waits, and failure.
//!
//! Programs wait for files, for databases and for screens too; and what they wait for fails. [`link_checker`] puts all of the
//! book into one tool.

pub mod database;
pub mod failure;
pub mod files;
pub mod hybrid;
pub mod link_checker;
pub mod one_writer;
pub mod replace;
pub mod rollback;
