// Wrong: sleeps until the patience is used up, and looks once. A child that ends at once is waited for as long.
// rejected by a_child_that_ends_is_not_waited_for_longer: it hangs

use std::io::{self, ErrorKind};
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use course::worker::{end_later, given};

/// How the child ended. If it has not within `patience` the error is `TimedOut`, and the
/// child is gone all the same.
fn wait_at_most(child: &mut Child, patience: Duration) -> io::Result<ExitStatus> {
    thread::sleep(patience);
    if let Some(status) = child.try_wait()? {
        return Ok(status);
    }
    child.kill()?;
    child.wait()?;
    Err(ErrorKind::TimedOut.into())
}
