// Some children never end by themselves. Python: `child.wait(timeout=..)`, and after the
// `TimeoutExpired` a `kill` and a `wait`. Here the time is looked at when it is too late.
// The page: book/04-processes/ending-a-child.md

use std::io::{self, ErrorKind};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use course::worker::{end_later, given};

/// How the child ended. If it has not within `patience` the error is `TimedOut`, and the
/// child is gone all the same. Whoever looks more than once sleeps in between.
fn wait_at_most(child: &mut Child, patience: Duration) -> io::Result<ExitStatus> {
    let began = Instant::now();
    // TODO: this waits for as long as the child likes.
    let status = child.wait()?;
    if began.elapsed() > patience {
        return Err(ErrorKind::TimedOut.into());
    }
    Ok(status)
}

fn main() -> io::Result<()> {
    for job in ["exit 3", "nap 3"] {
        let mut child = given(job)?;
        let _guard = end_later(child.id());
        let began = Instant::now();
        let ended = wait_at_most(&mut child, Duration::from_millis(100));
        println!("{job}: {ended:?}, after {:.1?}", began.elapsed());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::within;
    use course::worker::assert_gone;

    #[track_caller]
    fn check(job: &str, patience: Duration, wanted: Result<Option<i32>, ErrorKind>) {
        let mut child = given(job).expect("a process");
        let (id, _guard) = (child.id(), end_later(child.id()));
        let outcome = within(move || wait_at_most(&mut child, patience));
        assert_gone(id);
        let seen = outcome.map(|status| status.code()).map_err(|error| error.kind());
        assert!(seen == wanted, "{job:?} came to {seen:?}, and {wanted:?} was wanted");
    }

    #[test]
    fn a_child_that_hangs_is_ended() {
        check("hang", Duration::from_millis(100), Err(ErrorKind::TimedOut));
    }

    #[test]
    fn a_child_that_ends_is_not_waited_for_longer() {
        check("nap 3", Duration::from_secs(3600), Ok(Some(3)));
    }
}
