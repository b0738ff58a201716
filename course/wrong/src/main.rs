//! Judges the answers to the exercises: the tests have to pass each solution, and to reject each wrong answer with the words that
//! it names. This is the proof that they can fail.
//!
//! ```sh
//! cargo run -p wrong-answers                     # all of them
//! cargo run -p wrong-answers -- 02_threads       # those whose name contains this
//! cargo run -p wrong-answers -- --times 20       # again and again
//! ```

use std::env;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::panic;
use std::process::{self, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[allow(clippy::all, unused, reason = "half of them are wrong, and on purpose")]
mod answers {
    include!(concat!(env!("OUT_DIR"), "/answers.rs"));
}

/// A solution, or a wrong answer, and the tests of its exercise.
struct Answer {
    /// `DIR/NAME`, and `.MISTAKE` if it is wrong.
    name: &'static str,
    tests: &'static [(&'static str, fn())],
    /// Which tests have to reject it, and with which words; none of a solution.
    rejections: &'static [(&'static str, &'static str)],
}

/// So many tests run at once. Most of them wait, and for the others it is a load to bear.
const AT_ONCE: usize = 12;

const USAGE: &str = "usage: wrong-answers [--times N] [PART OF A NAME]...";

/// A test ends by itself, even one that hangs: after 60 s the course ends it, with a sentence. Whatever takes longer is ended here.
const LIMIT: Duration = Duration::from_secs(90);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["--one-test", answer, test] = arguments[..] {
        return one_test(answer, test);
    }
    let (times, names) = match arguments[..] {
        ["--times", times, ref names @ ..] => (times.parse().unwrap_or(0), names),
        ref names => (1, names),
    };
    let chosen: Vec<&Answer> = answers::ANSWERS
        .iter()
        .filter(|answer| {
            names.is_empty() || names.iter().any(|name| answer.name.contains(name))
        })
        .collect();
    if let ["--help" | "-h"] = names {
        say(USAGE);
        return ExitCode::SUCCESS;
    }
    if times == 0 || names.iter().any(|name| name.starts_with('-')) {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    if chosen.is_empty() {
        eprintln!("no answer has a name that contains {}", names.join(" or "));
        return ExitCode::from(2);
    }
    judge(&chosen, times)
}

/// This process is one test of one answer, and fails as that does.
fn one_test(answer: &str, test: &str) -> ExitCode {
    let found = answers::ANSWERS
        .iter()
        .find(|each| each.name == answer)
        .and_then(|answer| answer.tests.iter().find(|(name, _)| *name == test));
    let Some((_, run)) = found else { return ExitCode::from(2) };
    match panic::catch_unwind(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(101),
    }
}

fn judge(chosen: &[&Answer], times: usize) -> ExitCode {
    let next = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    if turn >= chosen.len() * times {
                        break;
                    }
                    let answer = chosen[turn % chosen.len()];
                    let found = problems_of(answer);
                    if times == 1 {
                        let verdict = match (answer.rejections, &found[..]) {
                            (_, [_, ..]) => "PROBLEM",
                            ([], []) => "solved",
                            (_, []) => "rejected",
                        };
                        say(&format!("{verdict:>8}  {}", answer.name));
                    }
                    if let Ok(mut problems) = problems.lock() {
                        problems.extend(found);
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap_or_default();
    for problem in &problems {
        say(&format!("\n{problem}"));
    }
    let solutions = chosen.iter().filter(|answer| answer.rejections.is_empty()).count();
    say(&format!(
        "\n{solutions} solutions and {} wrong answers, each judged {times} times: {} misjudged",
        chosen.len() - solutions,
        problems.len()
    ));
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a line. A closed pipe is silence, not failure: the exit code still tells the verdict.
fn say(line: &str) {
    if let Err(error) = writeln!(io::stdout(), "{line}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("cannot print: {error}");
        process::exit(1);
    }
}

/// What the tests did with an answer that they should not have done.
fn problems_of(answer: &Answer) -> Vec<String> {
    let mut problems = Vec::new();
    for &(test, _) in answer.tests {
        let wanted = answer
            .rejections
            .iter()
            .find(|(name, _)| *name == test)
            .map(|(_, words)| words);
        let (passed, said) = run(answer.name, test);
        let problem = match wanted {
            None if passed => continue,
            Some(words) if !passed && said.contains(words) => continue,
            None => "fails".to_owned(),
            Some(_) if passed => "passes, and should reject it".to_owned(),
            Some(words) => format!("does not say {words:?}"),
        };
        problems.push(format!("{}: {test} {problem}\n{said}", answer.name));
    }
    problems
}

/// Runs one test in a process of its own, and returns whether it passed, and all that it said.
fn run(answer: &str, test: &str) -> (bool, String) {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let mut child = {
        let mut command =
            Command::new(env::current_exe().expect("the path of this program"));
        command.args(["--one-test", answer, test]).stdin(Stdio::null());
        command.env("RUST_BACKTRACE", "0"); // a trace is slow, and hides what is said
        command.stdout(writer.try_clone().expect("a pipe")).stderr(writer);
        command.spawn().expect("a process")
    };
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        let _ = reader.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    let began = Instant::now();
    let passed = loop {
        match child.try_wait().expect("a child of ours") {
            Some(status) => break status.success(),
            None if began.elapsed() > LIMIT => {
                child.kill().expect("a child of ours");
                child.wait().expect("a child of ours");
                break false;
            }
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    (passed, said.join().expect("no panic"))
}
