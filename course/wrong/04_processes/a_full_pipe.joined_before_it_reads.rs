// Wrong: a thread writes, but it is joined before anything is read.
// rejected by a_mebibyte_comes_back: it hangs

use std::io::{self, Read, Write};
use std::process::{Child, ExitStatus};
use std::thread;

use course::worker::{capitals, pipes};

/// All that the child answers to `text`, and how it ended.
fn communicate(mut child: Child, text: &[u8]) -> io::Result<(Vec<u8>, ExitStatus)> {
    let (mut to, mut from) = pipes(&mut child)?;
    let mut answer = Vec::new();
    thread::scope(|scope| {
        let writer = scope.spawn(move || to.write_all(text));
        writer.join().map_err(|_| io::Error::other("the writer panicked"))?
    })?;
    from.read_to_end(&mut answer)?;
    Ok((answer, child.wait()?))
}
