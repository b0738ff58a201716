// A child is lent to a job. If that fails or panics, nobody ends the child: it runs on,
// and is a zombie when it ends. Python: `finally`, or a `with` block. Here: a guard.
// The page: book/04-processes/ending-a-child.md

use std::io;
use std::process::{Child, ExitStatus};

use course::worker::{end_later, given, state};

// CHANGED: `Drop` is called on every road out: the end, the `?`, and a panic.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // CHANGED: no errors if it was waited for
        // already. Others: nobody is here to be told.
        let _ = self.0.kill();
        // CHANGED: a killed child is a zombie until somebody has waited for it.
        let _ = self.0.wait();
    }
}

/// What came of the job; and how the child ended when its input was closed after that.
fn lend<T>(
    child: Child,
    job: impl FnOnce(&mut Child) -> io::Result<T>,
) -> io::Result<(T, ExitStatus)> {
    // CHANGED: from here on the guard owns the child.
    let mut child = KillOnDrop(child);
    let result = job(&mut child.0)?;
    let status = child.0.wait()?; // closes its input first
    Ok((result, status))
}

fn main() {
    let child = given("nap 0").expect("a process");
    let (id, _guard) = (child.id(), end_later(child.id()));
    let _ = lend(child, |_| Err::<(), _>(io::Error::other("no paper")));
    println!("The job has failed, and the child is: {:?}", state(id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{within, worker::assert_gone};
    use std::panic::catch_unwind;

    #[track_caller]
    fn check(jobs: &str, job: fn(&mut Child) -> io::Result<u32>, wanted: &str) {
        let child = given(jobs).expect("a process");
        let (id, _guard) = (child.id(), end_later(child.id()));
        let seen = match within(move || catch_unwind(|| lend(child, job))) {
            Ok(lent) => lent.map_or_else(|e| e.to_string(), |(n, s)| format!("{n}, {s}")),
            Err(_) => "a panic".to_owned(),
        };
        assert_gone(id);
        assert!(seen == wanted, "it came to {seen:?}, and {wanted:?} was wanted");
    }

    #[test]
    fn a_job_that_fails_leaves_nothing() {
        check("hang", |_| Err(io::Error::other("no paper")), "no paper");
    }

    #[test]
    fn a_panic_leaves_nothing() {
        check("hang", |_| panic!("this is the test's, and no harm"), "a panic");
    }

    #[test]
    fn otherwise_the_child_ends_by_itself() {
        check("", |_| Ok(7), "7, exit status: 0");
    }
}
