// One worker, question after question: it takes a line, and answers with a line. But no
// answer comes. Python has the same trap: `print(question, file=to)`, and no `flush`.
// The page: book/04-processes/messages.md

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
        // TODO: both sides wait. What has the worker got so far?
        write!(self.to, "{question}")?;
        let mut answer = String::new();
        match self.from.read_line(&mut answer)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

fn main() {
    let mut child = given("").expect("a process");
    let mut worker = Worker::new(&mut child).expect("pipes");
    end_in_a_second(child.id());
    println!("21 doubled: {:?}", worker.ask("double 21"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{within, worker::end_later};

    #[test]
    fn each_question_is_answered_before_the_next() {
        let mut child = given("").expect("a process");
        let _guard = end_later(child.id());
        within(move || {
            let mut worker = Worker::new(&mut child).expect("pipes");
            let mut n = "1".to_owned();
            for _ in 0..10 {
                n = worker.ask(&format!("double {n}")).expect("each has an answer");
            }
            assert_eq!(n, "1024", "1 was doubled ten times");
            drop(worker); // closes its input
            child.wait().expect("a child of ours");
        });
    }
}
