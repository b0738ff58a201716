// Wrong: if it has said something, nobody looks at how it ended.
// rejected by otherwise_it_is_told_how_it_ended: after "double 21\nexit 3": Ok("42"), and Err(ExitCode(3)) was wanted

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
    if !said.is_empty() {
        return Ok(said);
    }
    match (status.code(), signal(status)) {
        (Some(0), _) | (None, None) => Err(Lost::NoAnswer),
        (Some(code), _) => Err(Lost::ExitCode(code)),
        (None, Some(signal)) => Err(Lost::Signal(signal)),
    }
}
