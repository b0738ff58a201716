//! The child processes of chapter 4's exercises: a worker that takes jobs by the line. Unix only: it is a shell.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{self, Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::gauge::Gauge;
use crate::patience::within;
use crate::web::{count, wanted_in_words};

/// What a worker does with a line: a shell is everywhere where there is Unix, and starts in a millisecond.
const SCRIPT: &str = r#"
while read -r job argument; do
  case $job in
    double) echo "$((argument * 2))" ;;
    pid) echo "$$" ;;
    exit) exit "$argument" ;;
    crash) kill -KILL "$$" ;;
    nap) sleep 1; exit "$argument" ;;
    hang) exec sleep 30 ;;
    *) echo "no such job: $job" ;;
  esac
done
"#;

/// A worker, not yet started, with pipes for its standard input and output. It takes a job a line and answers with a line each:
///
/// | job | what it does |
/// |---|---|
/// | `double 21` | answers `42` |
/// | `pid` | answers its process id |
/// | `exit 3` | ends with exit code 3, and answers nothing |
/// | `crash` | is killed by a signal, and answers nothing |
/// | `nap 3` | answers nothing, for 1 s; then it ends with exit code 3 |
/// | `hang` | answers nothing, for 30 s; then it ends |
///
/// It ends when its standard input closes; but not before a `nap` or `hang` is over.
pub fn worker() -> Command {
    with_pipes("sh", &["-c", SCRIPT])
}

/// A child, not yet started, that hands back in capitals what it reads, piece by piece, until its standard input closes.
pub fn capitals() -> Command {
    with_pipes("tr", &["a-z", "A-Z"])
}

fn with_pipes(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    // Inherited, it would keep whoever reads what the test says waiting for a child that is left behind.
    command.stderr(Stdio::null());
    command
}

/// A worker at work, which has got these jobs already, one a line; or none.
///
/// # Errors
///
/// Those of [`Command::spawn`].
pub fn given(jobs: &str) -> io::Result<Child> {
    let mut child = worker().spawn()?;
    if let Some(to) = &mut child.stdin
        && !jobs.is_empty()
    {
        // Fails if it has ended before the last of them: that is what the job was.
        let _ = writeln!(to, "{jobs}");
    }
    Ok(child)
}

/// Has a worker do these jobs, one a line: how it ended, and all that it answered.
///
/// # Panics
///
/// When there is no process or pipe to be had.
pub fn run(jobs: &str) -> (ExitStatus, String) {
    let output = given(jobs).and_then(Child::wait_with_output);
    let output = output.unwrap_or_else(|error| panic!("no worker: {error}"));
    let answers = String::from_utf8_lossy(&output.stdout);
    (output.status, answers.trim_end().to_owned())
}

/// The signal that ended a process, if one did: `std::os::unix::process::ExitStatusExt::signal`.
///
/// Where there is no Unix there are no signals, and it is `None`.
pub fn signal(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let (signal, _) = (None, status);
    signal
}

/// The two ends that are ours of the pipes of a child, taken out of it.
///
/// # Errors
///
/// When it was started without pipes, or they are taken already.
pub fn pipes(child: &mut Child) -> io::Result<(ChildStdin, ChildStdout)> {
    let pipes = child.stdin.take().zip(child.stdout.take());
    pipes.ok_or_else(|| io::Error::other("a child without pipes"))
}

/// Each job has its answer, in the order of the jobs; `"lost"` stands for an error.
///
/// # Panics
///
/// With a sentence, when it is otherwise.
#[track_caller]
pub fn assert_answers(answers: &[io::Result<String>], wanted: &[&str]) {
    let seen: Vec<&str> =
        answers.iter().map(|answer| answer.as_deref().unwrap_or("lost")).collect();
    assert!(
        seen.len() == wanted.len(),
        "{} came, and {}, one for each job",
        count(seen.len(), "answer"),
        wanted_in_words(wanted.len())
    );
    assert!(seen == wanted, "the answers are {seen:?}, and {wanted:?} were wanted");
}

/// What has become of a child of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, or waits.
    Alive,
    /// It has ended, and nobody has waited for it.
    Zombie,
    /// This process has no child of that id.
    Gone,
}

/// The state of the child of this process that has this id.
///
/// Once it is gone the id may be given to another process; that one is no child of ours, or it would be one that is still there.
///
/// # Panics
///
/// Where there is neither `/proc` nor `ps`.
pub fn state(id: u32) -> State {
    // The state, one letter, and the id of the parent.
    let text = if cfg!(target_os = "linux") {
        // `7 (name) S 1 ...`: they follow the name, and a name may contain `)`.
        let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        text.rsplit(") ").next().unwrap_or_default().to_owned()
    } else {
        let arguments = ["-o", "state=", "-o", "ppid=", "-p", &id.to_string()];
        let ps = Command::new("ps").args(arguments).output();
        let text = ps.unwrap_or_else(|error| panic!("ps: {error}")).stdout;
        String::from_utf8_lossy(&text).into_owned()
    };
    let mut words = text.split_whitespace();
    let letter = words.next().unwrap_or_default();
    let parent = words.next().and_then(|word| word.parse().ok());
    if parent != Some(process::id()) {
        State::Gone
    } else if letter.starts_with(['Z', 'X']) {
        State::Zombie
    } else {
        State::Alive
    }
}

/// A child has ended, and was waited for.
///
/// # Panics
///
/// With a sentence about what was forgotten. Whoever was killed a moment ago, and not waited for, is given time to end.
#[track_caller]
pub fn assert_gone(id: u32) {
    let began = Instant::now();
    let mut seen = state(id);
    while seen == State::Alive && began.elapsed() < Duration::from_secs(2) {
        thread::sleep(Duration::from_millis(5));
        seen = state(id);
    }
    match seen {
        State::Gone => {}
        State::Zombie => panic!(
            "a zombie is left behind, and nothing should be: process {id} has ended, and nobody has waited for it"
        ),
        State::Alive => panic!(
            "a process is left behind, and nothing should be: {id} still runs, and nobody has ended it"
        ),
    }
}

/// Ends the child of this id when it is dropped, if it is still there. For a test, which has to leave nothing whatever the answer does.
#[derive(Debug)]
pub struct EndLater(u32);

/// A guard that ends the child when the test is over.
#[must_use = "a guard that is dropped at once ends the child at once"]
pub fn end_later(id: u32) -> EndLater {
    EndLater(id)
}

/// Ends the child in a second, if it is still there: for a `main`, which must not hang whatever the answer does.
pub fn end_in_a_second(id: u32) {
    thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        kill(id);
    });
}

impl Drop for EndLater {
    fn drop(&mut self) {
        kill(self.0);
    }
}

/// Kills a child of ours. Its id is its own as long as nobody has waited for it, and afterwards it is no child of ours.
fn kill(id: u32) {
    if state(id) == State::Alive {
        // The shell's own: not every system has a program of that name.
        let mut kill = Command::new("sh");
        kill.args(["-c", r#"kill -KILL "$0""#, &id.to_string()]).stderr(Stdio::null());
        // A drop has nobody to tell. A worker ends by itself within 30 s.
        drop(kill.status());
    }
}

/// More processes than any exercise needs: then something starts them without end.
const TOO_MANY: usize = 20;

/// How long the job `slow` waits for others while nothing moves. Nobody waits so long for an answer that is right.
const OTHERS: Duration = Duration::from_secs(5);

/// Starts workers for a pool, and knows of each one what became of it.
#[derive(Debug, Clone)]
pub struct Roster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gauge: Gauge,
    state: Mutex<Entries>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Entries {
    ids: Vec<u32>,
    /// Those that have not ended, or not so that anybody has seen it.
    alive: usize,
    peak: usize,
    answers: usize,
    /// Grows with all that happens to a worker.
    events: usize,
    /// How many other jobs were done while one was slow.
    meanwhile: Option<usize>,
}

/// A worker at work. Like a `Child`, one that is dropped has neither ended nor been waited for: see [`Worker::end`].
#[derive(Debug)]
pub struct Worker {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    roster: Arc<Inner>,
    lost: bool,
}

impl Roster {
    /// Each job that a worker is asked is to meet `together - 1` others, of other workers.
    pub fn new(together: usize) -> Self {
        let gauge = Gauge::new(together);
        let (state, changed) = (Mutex::default(), Condvar::new());
        Self(Arc::new(Inner { gauge, state, changed }))
    }

    /// Starts a [`worker`].
    ///
    /// # Errors
    ///
    /// Those of [`Command::spawn`]; and always after 20 of them.
    pub fn start(&self) -> io::Result<Worker> {
        let mut entries = self.0.lock();
        if entries.ids.len() >= TOO_MANY {
            let problem = format!("{TOO_MANY} processes were started: no more");
            return Err(io::Error::other(problem));
        }
        let mut child = worker().spawn()?;
        entries.ids.push(child.id());
        entries.alive += 1;
        entries.peak = entries.peak.max(entries.alive);
        entries.events += 1;
        drop(entries);
        self.0.changed.notify_all();
        let (to, from) = pipes(&mut child)?;
        let (from, roster) = (BufReader::new(from), Arc::clone(&self.0));
        Ok(Worker { child, to, from, roster, lost: false })
    }

    /// What `answer` comes to, within [`PATIENCE`](crate::PATIENCE); if it hangs, its workers are killed.
    #[track_caller]
    pub fn within<T: Send + 'static>(
        &self,
        answer: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let roster = self.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| within(move || answer(&roster))));
        outcome.unwrap_or_else(|panic| {
            self.0.end_all();
            resume_unwind(panic)
        })
    }

    /// Jobs were done together, as many at once as [`Roster::new`] was told, each by a process of its own.
    #[track_caller]
    pub fn assert_together(&self) {
        self.0.gauge.assert_together();
    }

    /// No more than `workers` processes were there at once, and so many were started to take the place of others.
    #[track_caller]
    pub fn assert_started(&self, workers: usize, replaced: usize) {
        let entries = self.0.lock();
        let (started, peak) = (entries.ids.len(), entries.peak);
        let wanted = workers + replaced;
        let meaning = if started > wanted {
            "a worker that has answered can take the next job"
        } else {
            "the place of a worker that crashed stays empty"
        };
        assert!(
            started == wanted,
            "{started} processes were started, and {wanted} were wanted, {workers} and {replaced} in place of those that crashed: {meaning}"
        );
        assert!(
            peak == workers,
            "{peak} processes were there at the same time, and {workers} were wanted"
        );
    }

    /// So many other jobs were done while a worker was at the job `slow`.
    #[track_caller]
    pub fn assert_done_meanwhile(&self, wanted: usize) {
        let seen = self.0.lock().meanwhile;
        let seen = seen.unwrap_or_else(|| panic!("the slow job was not done"));
        assert!(
            seen >= wanted,
            "{seen} of {wanted} jobs were done while one worker had a slow job: others wait for this worker, and another one has nothing to do"
        );
    }

    /// Each process that was started has ended, and was waited for.
    #[track_caller]
    pub fn assert_none_left(&self) {
        let ids = self.0.lock().ids.clone();
        assert!(!ids.is_empty(), "no process was started");
        ids.into_iter().for_each(assert_gone);
    }
}

impl Worker {
    /// Asks it a job, as [`worker`] takes them, and waits for the answer.
    ///
    /// One job more, `slow 3`, is answered when 3 other jobs have been; or when for 5 s nothing is done.
    ///
    /// # Errors
    ///
    /// When it ends, or has ended, and does not answer.
    pub fn ask(&mut self, job: &str) -> io::Result<String> {
        self.roster.gauge.work();
        if let Some(others) = job.strip_prefix("slow ") {
            return self.roster.slow(others.parse().map_err(io::Error::other)?);
        }
        self.roster.note(|_| ());
        let answer = self.exchange(job);
        if answer.is_err() {
            self.seen_ended();
        }
        self.roster.note(|entries| entries.answers += 1);
        answer
    }

    fn exchange(&mut self, job: &str) -> io::Result<String> {
        writeln!(self.to, "{job}")?;
        let mut answer = String::new();
        match self.from.read_line(&mut answer)? {
            0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the worker has ended and not answered",
            )),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }

    /// Closes its standard input, so that it ends, and waits for it: how it has ended, or had already.
    ///
    /// # Errors
    ///
    /// Those of [`Child::wait`].
    pub fn end(self) -> io::Result<ExitStatus> {
        let Self { mut child, to, roster, lost, .. } = self;
        drop(to);
        let status = child.wait();
        if !lost {
            roster.note(|entries| entries.alive -= 1);
        }
        status
    }

    fn seen_ended(&mut self) {
        if !self.lost {
            self.lost = true;
            self.roster.note(|entries| entries.alive -= 1);
        }
    }
}

impl Inner {
    fn slow(&self, others: usize) -> io::Result<String> {
        let mut entries = self.lock();
        while entries.answers < others {
            let before = entries.events;
            let still = |entries: &mut Entries| entries.events == before;
            let (again, waited) = self
                .changed
                .wait_timeout_while(entries, OTHERS, still)
                .unwrap_or_else(PoisonError::into_inner);
            entries = again;
            if waited.timed_out() {
                break;
            }
        }
        entries.meanwhile = Some(entries.answers);
        Ok("at last".to_owned())
    }

    /// Something has happened.
    fn note(&self, what: impl FnOnce(&mut Entries)) {
        let mut entries = self.lock();
        what(&mut entries);
        entries.events += 1;
        drop(entries);
        self.changed.notify_all();
    }

    fn end_all(&self) {
        self.lock().ids.iter().copied().for_each(kill);
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end_all();
    }
}
