// Wrong: the signal is looked at first, which is well, and the exit code only where nothing was said.
// rejected by otherwise_it_is_told_how_it_ended: after "double 21\nexit 3": Ok("42"), and Err(ExitCode(3)) was wanted

use std::process::ExitStatus;

use course::worker::{run, signal};

#[derive(Debug, PartialEq)]
enum Lost {
    ExitCode(i32),
    Signal(i32),
    /// It ended with exit code 0, or nobody knows how, and said nothing that counts.
    NoAnswer,
}

/// What a worker said, if it ended with exit code 0. Otherwise: how it ended.
/// (`signal(status)` is the `status.signal()` of the page, for all systems.)
fn outcome(status: ExitStatus, said: String) -> Result<String, Lost> {
    match signal(status) {
        Some(signal) => Err(Lost::Signal(signal)),
        None if !said.is_empty() => Ok(said),
        None => match status.code() {
            Some(code) if code != 0 => Err(Lost::ExitCode(code)),
            _ => Err(Lost::NoAnswer),
        },
    }
}
