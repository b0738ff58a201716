//! Printing, to a terminal, a file or a pipe that may close or be full.

use std::error::Error;
use std::io::{self, ErrorKind, Write as _};

use super::Run;

/// Standard output, with the one rule that a reader who has left (`| head`) is no error.
///
/// It may be shared between threads; each line is written whole.
#[derive(Debug)]
#[non_exhaustive]
pub struct Screen;

impl Screen {
    pub(super) fn new() -> Self {
        Self
    }

    /// Prints a line.
    ///
    /// # Errors
    ///
    /// When it cannot be written, because the disk is full, say.
    pub fn line(&self, line: &str) -> io::Result<()> {
        print(&format!("{line}\n"))
    }
}

/// What a program on the stage prints.
#[derive(Debug)]
pub(super) struct Output {
    /// Whether it is for people; otherwise it is one JSON object.
    text: bool,
}

impl Output {
    pub(super) fn new(text: bool) -> Self {
        Self { text }
    }

    /// A line for people.
    pub(super) fn line(&self, line: &str) -> io::Result<()> {
        if self.text { print(&format!("{line}\n")) } else { Ok(()) }
    }

    /// What the whole run came to.
    pub(super) fn report(&self, run: &Run) -> Result<(), Box<dyn Error>> {
        if self.text {
            print(&run.drawing())?;
        } else {
            print(&(serde_json::to_string_pretty(run)? + "\n"))?;
        }
        Ok(())
    }
}

/// Writes to standard output. A closed pipe is silence, not failure; a full disk is an error.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(io::Error::new(error.kind(), format!("cannot print: {error}")))
        }
        _ => Ok(()),
    }
}
