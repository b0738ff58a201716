//! A worker: this very program once more, as a child that does jobs by name.

use std::env;
use std::io::ErrorKind::{BrokenPipe, InvalidData, TimedOut, UnexpectedEof};
use std::io::{self, BufReader, Read, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::{self, Child, ChildStdin, ChildStdout, Command};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded, unbounded};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use threads_and_locks::panic_message;

use crate::child::{how_it_ended, wait_timeout};
use crate::frame;

/// The first argument of a worker: a subcommand that no help mentions.
const WORKER: &str = "be_a_worker";

/// What a worker says first: whatever was printed before it is not for us.
const HELLO: [u8; 8] = *b"\0worker\n";

/// How long a new worker may take to say so.
const START: Duration = Duration::from_secs(10);

/// What is amiss when a child does not become a worker.
const GUARD: &str = "is work_if_asked the first thing in main?";

/// How long a worker that was told to end, or has closed its pipe, may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// A function that both sides know by one name. The name crosses, and the argument; the
/// function is there already, since the worker is the same program.
// ANCHOR: task
#[derive(Debug)]
pub struct Task<I, T> {
    name: &'static str,
    run: fn(I) -> T,
}

impl<I, T> Task<I, T> {
    /// A task; no two of a program may have the same name.
    pub const fn new(name: &'static str, run: fn(I) -> T) -> Self {
        Self { name, run }
    }
}
// ANCHOR_END: task

/// A task of any types, as a worker sees it: bytes in, bytes out.
pub trait Serve {
    /// What it is called.
    fn name(&self) -> &str;

    /// Reads the argument, runs the function, and writes down what came of it.
    ///
    /// # Errors
    ///
    /// When these bytes are not such an argument, or the result cannot be written.
    fn serve(&self, argument: &[u8]) -> postcard::Result<Vec<u8>>;
}

// ANCHOR: serve
impl<I: DeserializeOwned, T: Serialize> Serve for Task<I, T> {
    fn name(&self) -> &str {
        self.name
    }

    fn serve(&self, argument: &[u8]) -> postcard::Result<Vec<u8>> {
        let argument = postcard::from_bytes(argument)?;
        // A panic ends the job and not its worker, as in the pool of chapter 3.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(argument)))
            .map_err(|panic| JobLost::Panicked(panic_message(&*panic)));
        postcard::to_stdvec(&outcome)
    }
}
// ANCHOR_END: serve

/// Whether this process was started to be a worker.
fn is_worker() -> bool {
    env::args_os().nth(1).is_some_and(|first| first == WORKER)
}

/// Does jobs until there are no more, if this process was started as a worker. Otherwise
/// it returns `None` at once, and the program is itself.
///
/// To be called first thing in `main`: whatever stands before it is done by every worker.
/// Standard input and output are the worker's line to its parent.
// ANCHOR: work_if_asked
pub fn work_if_asked(tasks: &[&dyn Serve]) -> Option<ExitCode> {
    if !is_worker() {
        return None;
    }
    // What a panic says goes to whoever asked.
    panic::set_hook(Box::new(|_| {}));
    match work(tasks) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

fn work(tasks: &[&dyn Serve]) -> io::Result<()> {
    let requests = listen()?;
    let mut to = io::stdout();
    to.write_all(&HELLO)?;
    to.flush()?;
    for (number, request) in (1..).zip(requests) {
        // Locked as a whole: a job may have left a thread behind that prints.
        frame::write(&mut to.lock(), number, &answer(tasks, &request)?)?;
    }
    Ok(())
}
// ANCHOR_END: work_if_asked

// ANCHOR: listen
/// Reads requests on a thread of its own, and ends the process when no more can come:
/// then whoever asked is gone, and nobody waits for the job that is running.
fn listen() -> io::Result<Receiver<Vec<u8>>> {
    let (tell, requests) = unbounded();
    let read = move || {
        for number in 1.. {
            match frame::read(&mut io::stdin().lock(), number) {
                Ok(Some(request)) => drop(tell.send(request)),
                Ok(None) => process::exit(0),
                Err(_) => process::exit(1),
            }
        }
    };
    let thread = thread::Builder::new().name("requests".to_owned()).spawn(read);
    // Said here: the parent can only see that no worker came of this.
    thread.inspect_err(|error| drop(writeln!(io::stderr(), "a worker: {error}")))?;
    Ok(requests)
}
// ANCHOR_END: listen

// ANCHOR: answer
/// Finds the task that is asked for, and has it run.
fn answer(tasks: &[&dyn Serve], request: &[u8]) -> io::Result<Vec<u8>> {
    let answer = postcard::take_from_bytes::<&str>(request).and_then(
        |(name, argument)| match tasks.iter().find(|task| task.name() == name) {
            Some(task) => task.serve(argument),
            None => refusal(format!("no task is called {name}")),
        },
    );
    match answer {
        Ok(answer) if answer.len() <= frame::LONGEST => Ok(answer),
        Ok(answer) => refusal(format!("a result of {} bytes", answer.len())),
        Err(error) => refusal(error.to_string()),
    }
    .map_err(io::Error::other)
}

/// The answer to what cannot be done: whatever the type of the result, it looks like this.
fn refusal(why: String) -> postcard::Result<Vec<u8>> {
    postcard::to_stdvec(&Err::<(), _>(JobLost::CannotCross(why)))
}
// ANCHOR_END: answer

/// Why there is no result of a job.
// ANCHOR: lost
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum JobLost {
    /// The job panicked: the message of its panic. Its worker lives on.
    #[error("panicked: {0}")]
    Panicked(String),
    /// The worker ended before it answered: how it ended.
    #[error("its worker ended: {0}")]
    Crashed(String),
    /// What came was no answer: why not.
    #[error("garbage from its worker: {0}")]
    Garbage(String),
    /// No answer came before the deadline.
    #[error("no answer within {0:?}")]
    Overdue(Duration),
    /// Its argument or its result cannot be a message: why not. Its worker lives on.
    #[error("cannot cross: {0}")]
    CannotCross(String),
    /// There was no worker to be had: why not.
    #[error("no worker: {0}")]
    NoWorker(String),
}
// ANCHOR_END: lost

/// A child process that does jobs, and is replaced when it is lost.
#[derive(Debug)]
pub struct Worker {
    running: Option<Running>,
}

/// A child that has said hello. Dropping it ends it, and waits for it.
#[derive(Debug)]
struct Running {
    child: Child,
    /// `None` once there are no more requests.
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    /// The number of the last request.
    number: u64,
}

impl Worker {
    /// Starts a worker, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// When the operating system has no process to give; when the child does not come to
    /// [`work_if_asked`]; and always in a worker, which may have no workers of its own.
    pub fn start() -> io::Result<Self> {
        Ok(Self { running: Some(Running::start()?) })
    }

    /// The process id of the worker, if there is one.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    /// Has the worker run `task`, and waits for the result.
    ///
    /// # Errors
    ///
    /// When the job panicked, or its worker was lost. The next call starts another one.
    pub fn call<I: Serialize, T: DeserializeOwned>(
        &mut self,
        task: &Task<I, T>,
        argument: &I,
    ) -> Result<T, JobLost> {
        self.ask(task.name, argument, None)
    }

    /// The same, but when no answer has come within `patience`, the worker is killed.
    ///
    /// A new worker, where one has to be started first, has ten seconds of its own for that.
    /// A process that the job has started with the worker's standard output keeps the call
    /// waiting.
    ///
    /// # Errors
    ///
    /// Those of [`call`](Self::call), and [`JobLost::Overdue`].
    pub fn call_within<I: Serialize, T: DeserializeOwned>(
        &mut self,
        task: &Task<I, T>,
        argument: &I,
        patience: Duration,
    ) -> Result<T, JobLost> {
        self.ask(task.name, argument, Some(patience))
    }

    /// Ends the worker by closing its pipe, and waits for it: how it ended, if there was one.
    pub fn end(mut self) -> Option<ExitStatus> {
        self.running.take()?.end()
    }

    // ANCHOR: ask
    fn ask<I: Serialize, T: DeserializeOwned>(
        &mut self,
        name: &str,
        argument: &I,
        patience: Option<Duration>,
    ) -> Result<T, JobLost> {
        let request = written(&(name, argument))?;
        // It stays out of its place until it has answered as it should.
        let mut running = self.ready().map_err(|e| JobLost::NoWorker(e.to_string()))?;
        let outcome = running.exchange(&request, patience).and_then(|answer| {
            postcard::from_bytes(&answer).map_err(|e| io::Error::new(InvalidData, e))
        });
        match outcome {
            Ok(outcome) => {
                self.running = Some(running);
                outcome
            }
            Err(error) => Err(running.lost(&error, patience)),
        }
    }

    // ANCHOR_END: ask

    /// The child that is there and alive, or else a new one.
    // ANCHOR: ready
    fn ready(&mut self) -> io::Result<Running> {
        if let Some(mut running) = self.running.take()
            && running.child.try_wait()?.is_none()
        {
            return Ok(running);
        }
        Running::start()
    }
    // ANCHOR_END: ready
}

/// A request as bytes.
fn written<T: Serialize>(request: &T) -> Result<Vec<u8>, JobLost> {
    match postcard::to_stdvec(request) {
        Ok(request) if request.len() <= frame::LONGEST => Ok(request),
        Ok(request) => {
            Err(JobLost::CannotCross(format!("an argument of {} bytes", request.len())))
        }
        Err(error) => Err(JobLost::CannotCross(error.to_string())),
    }
}

impl Running {
    // ANCHOR: start
    fn start() -> io::Result<Self> {
        if is_worker() {
            return Err(io::Error::other(format!("a worker has no workers: {GUARD}")));
        }
        let mut child = spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a child without pipes"));
        };
        let mut new = Self { child, to: Some(to), from: BufReader::new(from), number: 0 };
        let greeted = within(&mut new.child, Some(START), || hello(&mut new.from));
        greeted.map_err(|error| match new.lost(&error, Some(START)) {
            JobLost::NoWorker(_) => error,
            how => io::Error::other(format!("{how}, before it was a worker: {GUARD}")),
        })?;
        Ok(new)
    }
    // ANCHOR_END: start

    // ANCHOR: exchange
    fn exchange(
        &mut self,
        request: &[u8],
        patience: Option<Duration>,
    ) -> io::Result<Vec<u8>> {
        self.number += 1;
        let Self { child, to, from, number } = self;
        within(child, patience, || {
            let to = to.as_mut().ok_or(BrokenPipe)?;
            frame::write(to, *number, request)?;
            Ok(frame::read(from, *number)?.ok_or(UnexpectedEof)?)
        })
    }
    // ANCHOR_END: exchange

    /// Ends a child that is of no more use, and says what was wrong with it.
    // ANCHOR: why
    fn lost(&mut self, error: &io::Error, patience: Option<Duration>) -> JobLost {
        let lost = match error.kind() {
            // At its end a process closes its pipes first. How it ended is known soon.
            UnexpectedEof | BrokenPipe => match wait_timeout(&mut self.child, GRACE) {
                Ok(Some(status)) => JobLost::Crashed(how_it_ended(status)),
                _ => JobLost::Garbage("it closed its pipe, and lived on".to_owned()),
            },
            TimedOut => JobLost::Overdue(patience.unwrap_or_default()),
            InvalidData => JobLost::Garbage(error.to_string()),
            _ => JobLost::NoWorker(error.to_string()),
        };
        // It has ended, or it is not to be trusted. Dropping it waits for it.
        let _ = self.child.kill();
        lost
    }
    // ANCHOR_END: why

    // ANCHOR: end
    /// Tells the worker that there are no more requests, and waits until it has ended.
    fn end(&mut self) -> Option<ExitStatus> {
        drop(self.to.take());
        wait_timeout(&mut self.child, GRACE).ok().flatten().or_else(|| {
            let _ = self.child.kill();
            self.child.wait().ok()
        })
    }
    // ANCHOR_END: end
}

// ANCHOR: drop
impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
// ANCHOR_END: drop

// ANCHOR: spawn
/// Starts this program once more.
fn spawn() -> io::Result<Child> {
    // On macOS a pipe is made first, and marked "close on exec" then. No other worker may
    // be started in between: it would have the pipe, too.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Command::new(env::current_exe()?)
        .arg(WORKER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}
// ANCHOR_END: spawn

/// Reads on until the worker has said hello.
fn hello(from: &mut impl Read) -> io::Result<()> {
    let mut last = [0; HELLO.len()];
    while last != HELLO {
        last.rotate_left(1);
        from.read_exact(&mut last[HELLO.len() - 1..])?;
    }
    Ok(())
}

/// Does what needs the child to go on, and kills the child if that is not done in time.
///
/// # Errors
///
/// Those of `job`; `TimedOut` when the child was killed.
// ANCHOR: within
fn within<T>(
    child: &mut Child,
    patience: Option<Duration>,
    job: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    let Some(patience) = patience else { return job() };
    let (done, watch) = bounded::<()>(0);
    thread::scope(|scope| {
        let watch = move || {
            let overdue = watch.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
            if overdue {
                // Its pipes close, and whoever waits at one of them goes on.
                let _ = child.kill();
            }
            overdue
        };
        let watch = thread::Builder::new().spawn_scoped(scope, watch)?;
        let outcome = job();
        drop(done);
        let overdue = watch.join().unwrap_or(false);
        if overdue { Err(TimedOut.into()) } else { outcome }
    })
}
// ANCHOR_END: within
