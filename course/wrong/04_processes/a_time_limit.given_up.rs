// Wrong: gives up, and leaves the child running.
// rejected by a_child_that_hangs_is_ended: a process is left behind

use std::io::{self, ErrorKind};
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use course::worker::{end_later, given};

/// How the child ended. If it has not within `patience` the error is `TimedOut`, and the
/// child is gone all the same.
fn wait_at_most(child: &mut Child, patience: Duration) -> io::Result<ExitStatus> {
    let began = Instant::now();
    while began.elapsed() < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err(ErrorKind::TimedOut.into())
}
