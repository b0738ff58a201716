//! Chapter 6, held to its word by structure: every model does the whole job, and the advice cites rows that are there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

#[path = "../common/patience.rs"]
mod patience;

mod advice;
mod convoy;
mod limit;
mod models;

/// What the worker processes of these tests are: this program once more, told to run this test only. In every other run it does
/// nothing.
#[test]
fn be_a_worker() {
    if let Some(code) = processes::work_if_asked(&processes::TASKS) {
        std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}
