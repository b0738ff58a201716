//! Messages in a pipe, which knows bytes only: each with its number and its length before it.

use std::io::{self, ErrorKind, Read, Write};

/// The longest message, in bytes: 64 MiB. A length above it is no length.
pub const LONGEST: usize = 64 << 20;

/// Writes message `number`, and sends it on its way.
///
/// # Errors
///
/// `InvalidInput` when it is longer than [`LONGEST`], and then nothing was written;
/// otherwise when the pipe's reader is gone.
// ANCHOR: write
pub fn write(to: &mut impl Write, number: u64, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= LONGEST);
    let Some(length) = length else {
        let problem = format!("a message of {} bytes", message.len());
        return Err(io::Error::new(ErrorKind::InvalidInput, problem));
    };
    to.write_all(&number.to_le_bytes())?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(message)?;
    to.flush()
}
// ANCHOR_END: write

/// Reads message `number`, or `None` where the writer has closed the pipe between two.
///
/// # Errors
///
/// `InvalidData` when something else comes than message `number`, `UnexpectedEof` when it
/// ends before its end.
// ANCHOR: read
pub fn read(from: &mut impl Read, number: u64) -> io::Result<Option<Vec<u8>>> {
    let (mut found, mut length) = ([0; 8], [0; 4]);
    match from.read_exact(&mut found[..1]) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        begun => begun?,
    }
    from.read_exact(&mut found[1..])?;
    if u64::from_le_bytes(found) != number {
        return Err(invalid("this is not the beginning of a message"));
    }
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    // Looked at before so much memory is asked for.
    if length > LONGEST {
        return Err(invalid(&format!("a message of {length} bytes")));
    }
    let mut message = vec![0; length];
    from.read_exact(&mut message)?;
    Ok(Some(message))
}
// ANCHOR_END: read

fn invalid(problem: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, problem)
}
