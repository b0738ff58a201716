// A child hands back in capitals what it reads. All is written, then all is read: a short
// text comes back, a long one never does. Python: `child.communicate(text)` does both.
// The page: book/04-processes/pipe-deadlock.md

use std::io::{self, Read, Write};
use std::process::{Child, ExitStatus};

use course::worker::{capitals, end_in_a_second, pipes};

/// All that the child answers to `text`, and how it ended.
fn communicate(mut child: Child, text: &[u8]) -> io::Result<(Vec<u8>, ExitStatus)> {
    let (mut to, mut from) = pipes(&mut child)?;
    let mut answer = Vec::new();
    // TODO: no text may be too long. Who waits for whom, and for what?
    to.write_all(text)?;
    drop(to);
    from.read_to_end(&mut answer)?;
    Ok((answer, child.wait()?))
}

fn main() {
    let child = capitals().spawn().expect("a process");
    end_in_a_second(child.id());
    let answer = communicate(child, b"a short text");
    println!("{:?}", answer.map(|(text, _)| String::from_utf8_lossy(&text).into_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::within;
    use course::worker::{assert_gone, end_later};

    #[track_caller]
    fn check(text: String) {
        let child = capitals().spawn().expect("a process");
        let (id, wanted) = (child.id(), text.to_uppercase());
        let _guard = end_later(id);
        let outcome = within(move || communicate(child, text.as_bytes()));
        let (answer, status) = outcome.expect("no pipe breaks");
        let (seen, all) = (answer.len(), wanted.len());
        assert!(seen == all, "{seen} bytes came back, and {all} were wanted");
        assert!(
            answer == wanted.as_bytes(),
            "it came back, but not in order, or changed"
        );
        assert!(status.success(), "the child should end well, and that was: {status}");
        assert_gone(id);
    }

    #[test]
    fn a_short_text_comes_back() {
        check("one line\n".to_owned());
    }

    #[test]
    fn a_mebibyte_comes_back() {
        check((0..131_072).map(|n| format!("{n:07}\n")).collect());
    }
}
