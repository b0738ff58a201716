// Wrong: the error of the job is looked after, and a panic is not.
// rejected by a_panic_leaves_nothing: a process is left behind

use std::io;
use std::process::{Child, ExitStatus};

use course::worker::{end_later, given, state};

/// What came of the job; and how the child ended when its input was closed after that.
fn lend<T>(
    mut child: Child,
    job: impl FnOnce(&mut Child) -> io::Result<T>,
) -> io::Result<(T, ExitStatus)> {
    let result = job(&mut child);
    if result.is_err() {
        child.kill()?;
    }
    let status = child.wait()?;
    Ok((result?, status))
}
