//! Chapter 4, held to its word by structure: who did which job, what was lost, and that no process is left behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

#[path = "../common/patience.rs"]
mod patience;

mod child;
mod cost;
mod crashes;
mod isolation;
mod pool;

/// What the workers of these tests are: this program once more, told to run this test only. In every other run it does nothing.
#[test]
fn be_a_worker() {
    let tasks: Vec<&dyn processes::Serve> =
        processes::TASKS.into_iter().chain(pool::TASKS).chain(crashes::TASKS).collect();
    crashes::forget_the_guard_if_asked();
    if let Some(code) = processes::work_if_asked(&tasks) {
        std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
}
