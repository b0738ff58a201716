// Wrong: the child is killed also when all went well. It had no time to end by itself.
// rejected by otherwise_the_child_ends_by_itself: it came to "7, signal: 9

use std::io;
use std::process::{Child, ExitStatus};

use course::worker::{end_later, given, state};

struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
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
    child.0.kill()?;
    let status = child.0.wait()?;
    Ok((result, status))
}
