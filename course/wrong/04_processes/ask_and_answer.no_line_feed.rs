// Wrong: all that was written has been sent, and no line of it has an end.
// rejected by each_question_is_answered_before_the_next: it hangs

use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use course::worker::{end_in_a_second, given, pipes};

struct Worker {
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Worker {
    fn new(child: &mut Child) -> io::Result<Self> {
        let (to, from) = pipes(child)?;
        Ok(Self { to: BufWriter::new(to), from: BufReader::new(from) })
    }

    /// The answer to one question. More can be asked after that.
    fn ask(&mut self, question: &str) -> io::Result<String> {
        write!(self.to, "{question}")?;
        self.to.flush()?;
        let mut answer = String::new();
        match self.from.read_line(&mut answer)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}
