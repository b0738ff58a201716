// A worker has ended. Is what it said an answer? Python has a `returncode`, below 0 after
// a signal, and `check=True` raises unless it is 0. Here each way to end has a name.
// The page: book/04-processes/one-child.md

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
    match (status.code(), signal(status)) {
        // CHANGED: what it said counts only here. One
        // that was killed may have said half of it.
        (Some(0), _) if said.is_empty() => Err(Lost::NoAnswer),
        (Some(0), _) => Ok(said),
        (Some(code), _) => Err(Lost::ExitCode(code)),
        // CHANGED: an arm of its own and no
        // `unwrap_or(0)`, because no code is not code 0.
        (None, Some(signal)) => Err(Lost::Signal(signal)),
        (None, None) => Err(Lost::NoAnswer),
    }
}

fn main() {
    for jobs in ["double 21", "exit 3", "crash", "double 21\ncrash", ""] {
        let (status, said) = run(jobs);
        println!("{jobs:?}: {:?}", outcome(status, said));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(jobs: &str, wanted: Result<String, Lost>) {
        let (status, said) = run(jobs);
        let seen = outcome(status, said);
        assert!(seen == wanted, "after {jobs:?}: {seen:?}, and {wanted:?} was wanted");
    }

    #[test]
    fn an_answer_counts_if_the_worker_ended_well() {
        check("double 21", Ok("42".to_owned()));
        check("", Err(Lost::NoAnswer));
    }

    #[test]
    fn otherwise_it_is_told_how_it_ended() {
        check("exit 3", Err(Lost::ExitCode(3)));
        check("double 21\nexit 3", Err(Lost::ExitCode(3)));
        check("crash", Err(Lost::Signal(9)));
        check("double 21\ncrash", Err(Lost::Signal(9)));
    }
}
