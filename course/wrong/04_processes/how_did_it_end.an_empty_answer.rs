// Wrong: it ended well, so what it said is taken for an answer, even if that is nothing.
// rejected by an_answer_counts_if_the_worker_ended_well: after "": Ok(""), and Err(NoAnswer) was wanted

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
    match (status.code(), signal(status)) {
        (Some(0), _) => Ok(said),
        (Some(code), _) => Err(Lost::ExitCode(code)),
        (None, Some(signal)) => Err(Lost::Signal(signal)),
        (None, None) => Err(Lost::NoAnswer),
    }
}
