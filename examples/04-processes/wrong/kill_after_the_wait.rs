//! Asks a child that is used up for its end.

use std::io;
use std::process::{Command, Stdio};

fn main() -> io::Result<()> {
    let mut child =
        Command::new("sort").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        child.kill()?;
    }
    Ok(())
}
