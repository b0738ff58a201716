// Wrong: the pipe is closed so that the question arrives. So the first question is the last.
// rejected by each_question_is_answered_before_the_next: each has an answer

use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use course::worker::{end_in_a_second, given, pipes};

struct Worker {
    to: Option<BufWriter<ChildStdin>>,
    from: BufReader<ChildStdout>,
}

impl Worker {
    fn new(child: &mut Child) -> io::Result<Self> {
        let (to, from) = pipes(child)?;
        Ok(Self { to: Some(BufWriter::new(to)), from: BufReader::new(from) })
    }

    /// The answer to one question. More can be asked after that.
    fn ask(&mut self, question: &str) -> io::Result<String> {
        let mut to = self.to.take().ok_or(ErrorKind::BrokenPipe)?;
        writeln!(to, "{question}")?;
        drop(to);
        let mut answer = String::new();
        match self.from.read_line(&mut answer)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}
