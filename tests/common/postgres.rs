//! Whether a test can have a PostgreSQL.

use std::env;
use std::io::{self, Write as _};

/// Whether a server can be started here. Where not, it says that `what` is skipped, past the test runner, which keeps what a passing
/// test prints to itself. In CI nothing may be skipped.
pub(crate) fn can_run_postgres(what: &str) -> bool {
    #[cfg(unix)]
    let found = lab::postgres::is_installed();
    #[cfg(not(unix))]
    let found = false;
    if !found {
        assert!(
            env::var("CI").as_deref() != Ok("true") || cfg!(windows),
            "CI must not skip {what}"
        );
        let line = format!("skipped: {what}, for want of a PostgreSQL");
        let _ = writeln!(io::stderr(), "{line}");
    }
    found
}
