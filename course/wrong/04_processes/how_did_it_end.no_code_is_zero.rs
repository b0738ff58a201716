// Wrong: no code is taken for code 0, so a worker that a signal ended has ended well.
// rejected by otherwise_it_is_told_how_it_ended: after "crash": Err(NoAnswer), and Err(Signal(9)) was wanted

use std::process::ExitStatus;

use course::worker::{run, signal};

#[derive(Debug, PartialEq)]
enum Lost {
    ExitCode(i32),
    Signal(i32),
    /// It ended with exit code 0, and said nothing.
    NoAnswer,
}

/// What a worker said, if it ended with exit code 0. Otherwise: how it ended.
/// (`signal(status)` is the `status.signal()` of the page, for all systems.)
fn outcome(status: ExitStatus, said: String) -> Result<String, Lost> {
    match status.code().unwrap_or(0) {
        0 if said.is_empty() => Err(Lost::NoAnswer),
        0 => Ok(said),
        code => Err(Lost::ExitCode(code)),
    }
}
