//! One child process: to start it, to talk to it through pipes, and to end it.

use std::env;
use std::io::{self, Read, Write};
use std::ops::{Deref, DerefMut};
use std::process::{
    Child, ChildStdin, ChildStdout, Command, ExitCode, ExitStatus, Stdio,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The first argument of a child: a subcommand that no help mentions.
const CHILD: &str = "be-a-child";

/// This very program once more, as a child that does as `role` says.
///
/// # Errors
///
/// When the operating system does not tell where this program lies.
// ANCHOR: this_program
pub fn this_program(role: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args([CHILD, role]);
    Ok(command)
}
// ANCHOR_END: this_program

/// Plays the child to its end, if this process was started as one. Otherwise it returns
/// `None` at once, and the program is itself.
///
/// To be called first thing in `main`: whatever stands before it is done by the child too.
pub fn be_one_if_asked() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    if arguments.next()? != CHILD {
        return None;
    }
    let role = arguments.next()?;
    let rest: Vec<String> =
        arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    let played = match role.to_str()? {
        "arguments" => tell(&rest.join("\n")),
        "surroundings" => surroundings(),
        "capitals" => capitals(&mut io::stdin().lock(), &mut io::stdout().lock()),
        "wait" => wait(),
        "parent" => parent(),
        "fail" => {
            let _ = writeln!(io::stderr(), "no paper");
            return Some(ExitCode::from(3));
        }
        _ => return Some(ExitCode::from(2)),
    };
    Some(if played.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints a line. Not `println!`, which panics when nobody reads any more.
fn tell(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// What a child gets without being told.
fn surroundings() -> io::Result<()> {
    let greeting = env::var("GREETING").unwrap_or_else(|_| "(not set)".to_owned());
    let folder = env::current_dir()?;
    tell(&format!("{greeting}\n{}", folder.display()))
}

/// Copies what comes, in capitals, piece by piece: it reads the next one when it has got
/// rid of the last.
// ANCHOR: capitals
fn capitals(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut piece = [0; 8 * 1024];
    loop {
        let n = from.read(&mut piece)?;
        if n == 0 {
            return Ok(());
        }
        piece[..n].make_ascii_uppercase();
        to.write_all(&piece[..n])?;
        to.flush()?;
    }
}
// ANCHOR_END: capitals

/// Says that it is there, and waits until its input ends.
fn wait() -> io::Result<()> {
    tell("here")?;
    io::copy(&mut io::stdin().lock(), &mut io::sink()).map(drop)
}

/// Starts a child of its own, which has the same two pipes, and waits for it.
fn parent() -> io::Result<()> {
    this_program("capitals")?.status().map(drop)
}

/// Why there is nothing that a child has said.
// ANCHOR: child_error
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// There is no child: no such program, say.
    #[error("not started: {0}")]
    NotStarted(#[from] io::Error),
    /// It ended otherwise than with exit code 0: how, and what it said to standard error.
    #[error("{}: {said}", how_it_ended(*.status))]
    #[expect(missing_docs, reason = "said in the line above")]
    Failed { status: ExitStatus, said: String },
}
// ANCHOR_END: child_error

/// Runs a command to its end, and returns what it printed.
///
/// # Errors
///
/// When it cannot be started, or ends otherwise than well.
// ANCHOR: ask
pub fn ask(command: &mut Command) -> Result<String, ChildError> {
    // Starts it, reads both of its pipes to their ends, and waits.
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        let (status, said) = (output.status, text(&output.stderr));
        Err(ChildError::Failed { status, said })
    }
}
// ANCHOR_END: ask

/// How a process ended, in the same words on every platform that has them.
// ANCHOR: how_it_ended
pub fn how_it_ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return format!("signal {signal}");
        }
    }
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}
// ANCHOR_END: how_it_ended

/// A child that is killed and waited for when it is dropped.
// ANCHOR: kill_on_drop
#[derive(Debug)]
pub struct KillOnDrop(Child);

impl KillOnDrop {
    /// Starts a command.
    ///
    /// # Errors
    ///
    /// Those of [`Command::spawn`].
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // No errors if it has ended, or been waited for, already. Others: nobody is here
        // to be told.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
// ANCHOR_END: kill_on_drop

impl Deref for KillOnDrop {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for KillOnDrop {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

/// How long [`wait_timeout`] looks away.
const SHORTEST: Duration = Duration::from_micros(50);
const LONGEST: Duration = Duration::from_millis(5);

/// Waits until a child has ended, but no longer than `patience`: then it is `None`, and the
/// child runs on.
///
/// # Errors
///
/// Those of [`Child::try_wait`].
// ANCHOR: wait_timeout
pub fn wait_timeout(
    child: &mut Child,
    patience: Duration,
) -> io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        // Asks, and does not wait. If it has ended, the zombie is gone too.
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let waited = began.elapsed();
        let left = patience.saturating_sub(waited);
        if left.is_zero() {
            return Ok(None);
        }
        // Less and less often: late by an eighth of the wait, or by 5 ms.
        let glance = (waited / 8).clamp(SHORTEST, LONGEST);
        thread::sleep(glance.min(left));
    }
}
// ANCHOR_END: wait_timeout

/// What the operating system says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, or waits for something.
    Alive,
    /// It has ended, and nobody has waited for it.
    Zombie,
    /// There is no process of that number.
    Gone,
    /// This is not Linux: it is not asked.
    Unknown,
}

/// The state of the process with the number `id`. Once it is gone, the number may be given
/// to another one.
// ANCHOR: state
pub fn state(id: u32) -> State {
    if !cfg!(target_os = "linux") {
        return State::Unknown;
    }
    let Ok(text) = std::fs::read_to_string(format!("/proc/{id}/stat")) else {
        return State::Gone;
    };
    // `7 (name) S ...`: the state is what follows the name, and a name may contain `)`.
    match text.rsplit(") ").next().and_then(|rest| rest.chars().next()) {
        Some('Z' | 'X') => State::Zombie,
        _ => State::Alive,
    }
}
// ANCHOR_END: state

/// Waits until a process has ended, and leaves it a zombie: that takes its pipe to say so.
///
/// # Errors
///
/// When the pipe cannot be read.
pub fn until_it_ends(id: u32, from: &mut ChildStdout) -> io::Result<State> {
    // Its end of the pipe is closed by its end, or a moment before.
    from.read_to_end(&mut Vec::new())?;
    let began = Instant::now();
    while state(id) == State::Alive && began.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(state(id))
}

/// The two ends that are ours of the pipes of a child.
///
/// # Errors
///
/// When it was started without pipes, or they are taken already.
// ANCHOR: pipes
pub fn pipes(child: &mut Child) -> io::Result<(ChildStdin, ChildStdout)> {
    let pipes = child.stdin.take().zip(child.stdout.take());
    pipes.ok_or_else(|| io::Error::other("a child without pipes"))
}
// ANCHOR_END: pipes

/// What has gone into a pipe so far, in bytes.
pub type Written = AtomicUsize;

/// How much is written at once: what a pipe keeps in one page.
const PIECE: usize = 4 * 1024;

/// Writes all of `input` to a child, and then reads all that it says.
///
/// # Errors
///
/// When a pipe breaks: the child has ended.
// ANCHOR: write_then_read
pub fn write_then_read(
    mut to: ChildStdin,
    from: &mut ChildStdout,
    input: &[u8],
    written: &Written,
) -> io::Result<Vec<u8>> {
    write(&mut to, input, written)?;
    // The child's input ends here. It would wait for more for ever.
    drop(to);
    let mut answer = Vec::new();
    from.read_to_end(&mut answer)?;
    Ok(answer)
}
// ANCHOR_END: write_then_read

/// Writes all of `input` to a child, and at the same time reads all that it says.
///
/// # Errors
///
/// When a pipe breaks: the child has ended.
// ANCHOR: write_while_reading
pub fn write_while_reading(
    mut to: ChildStdin,
    from: &mut ChildStdout,
    input: &[u8],
    written: &Written,
) -> io::Result<Vec<u8>> {
    thread::scope(|scope| {
        // `to` moves into the thread, and is dropped where that ends: so ends the input.
        let writer = scope.spawn(move || write(&mut to, input, written));
        let mut answer = Vec::new();
        from.read_to_end(&mut answer)?;
        writer.join().map_err(|_| io::Error::other("the writer panicked"))??;
        Ok(answer)
    })
}
// ANCHOR_END: write_while_reading

/// Writes piece by piece, and counts.
fn write(to: &mut ChildStdin, input: &[u8], written: &Written) -> io::Result<()> {
    for piece in input.chunks(PIECE) {
        to.write_all(piece)?;
        written.fetch_add(piece.len(), Ordering::Relaxed);
    }
    Ok(())
}

/// What came of a talk with a child.
#[derive(Debug, PartialEq, Eq)]
pub enum Talk {
    /// The child has read everything, and this is what it said.
    Done(Vec<u8>),
    /// Nothing moved any more, and the child was killed: how many bytes of its answer stood
    /// in the pipe.
    Stuck(usize),
}

/// Talks to a child as `talk` does, no longer than `patience`. Then the child is killed.
///
/// # Errors
///
/// When there is no child to be had, or `talk` fails.
// ANCHOR: talk_within
pub fn talk_within(
    patience: Duration,
    command: &mut Command,
    talk: impl FnOnce(ChildStdin, &mut ChildStdout) -> io::Result<Vec<u8>> + Send,
) -> io::Result<Talk> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = KillOnDrop::start(command)?;
    let (to, mut from) = pipes(&mut child)?;
    let answer = thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let from = &mut from;
        scope.spawn(move || tell.send(talk(to, from)));
        let answer = told.recv_timeout(patience).ok();
        if answer.is_none() {
            // Its ends of the pipes close, `talk` gets an error, and the scope can end.
            child.kill()?;
        }
        answer.transpose()
    })?;
    let mut unread = Vec::new();
    from.read_to_end(&mut unread)?;
    Ok(answer.map_or(Talk::Stuck(unread.len()), Talk::Done))
}
// ANCHOR_END: talk_within

/// Reads a line that a child says.
///
/// # Errors
///
/// When the pipe cannot be read, or ends first.
pub fn line(from: &mut impl io::BufRead) -> io::Result<String> {
    let mut line = String::new();
    match from.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}
