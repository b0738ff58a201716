//! Writes to a child's standard input as if it were always a pipe.

use std::io::{self, Write};
use std::process::{Command, Stdio};

fn main() -> io::Result<()> {
    let mut child = Command::new("sort").stdin(Stdio::piped()).spawn()?;
    child.stdin.write_all(b"pears\napples\n")?;
    child.wait()?;
    Ok(())
}
