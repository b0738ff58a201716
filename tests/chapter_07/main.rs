//! Chapter 7, held to its word by structure: what the slow web saw, what the disk and the database hold, who is left behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

#[path = "../common/patience.rs"]
mod patience;
#[cfg(unix)]
#[path = "../common/postgres.rs"]
mod postgres;

mod database;
mod failure;
mod files;
mod hybrid;
mod link_checker;
mod lychee;
mod one_writer;
mod rollback;

/// What the worker processes of these tests are: this program once more, told to run this test only. In every other run it does
/// nothing.
#[test]
fn be_a_worker() {
    if let Some(code) = processes::work_if_asked(&other_waits::failure::TASKS) {
        std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}
