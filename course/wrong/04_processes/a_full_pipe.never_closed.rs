// Wrong: the thread only borrows the pipe, which stays open: the child waits for more, and its answer has no end.
// rejected by a_short_text_comes_back: it hangs
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
        let to = &mut to;
        let writer = scope.spawn(move || to.write_all(text));
        from.read_to_end(&mut answer)?;
        writer.join().map_err(|_| io::Error::other("the writer panicked"))?
    })?;
    Ok((answer, child.wait()?))
}
