//! What several tests share.

use std::env;
use std::io::{self, Write as _};
use std::path::Path;

use while_you_wait::programs::python;

/// The root of the workspace.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Whether the Python twins can be run here. Where not, it says that `what` is skipped, past the test runner, which keeps what
/// a passing test prints to itself. In CI nothing may be skipped.
pub(crate) fn can_run_python(what: &str) -> bool {
    let found = python(Path::new(ROOT)).is_some();
    if !found {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "CI must not skip {what}");
        tell(&format!(
            "skipped: {what}, for want of a Python 3 that has what requirements.txt lists"
        ));
    }
    found
}

/// A line past the test runner, which keeps what a passing test prints to itself.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
