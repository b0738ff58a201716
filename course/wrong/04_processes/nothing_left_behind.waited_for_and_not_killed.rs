// Wrong: the guard waits, and does not kill: a child that hangs keeps the function.
// rejected by a_job_that_fails_leaves_nothing: it hangs
// rejected by a_panic_leaves_nothing: it hangs

use std::io;
use std::process::{Child, ExitStatus};

use course::worker::{end_later, given, state};

struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}

/// What came of the job; and how the child ended when its input was closed after that.
fn lend<T>(
    child: Child,
    job: impl FnOnce(&mut Child) -> io::Result<T>,
) -> io::Result<(T, ExitStatus)> {
    let mut child = KillOnDrop(child);
    let result = job(&mut child.0)?;
    let status = child.0.wait()?; // closes its input first
    Ok((result, status))
}
