//! Makes each failure really happen, in each model, and says what came of it.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{self, Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, Once, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use lab::slow_web::SlowWeb;
use other_waits::failure::{
    Care, Fault, Model, News, Outcome, Plan, Site, fetch_all, interrupts,
};
use processes::child::how_it_ended;
use sequential_fetch::{FetchError, FetchErrorKind, Page, Url};
use serde::{Deserialize, Serialize};

/// The sites, and how long those take that are well.
pub(crate) const SITES: usize = 5;
const DELAYS_MS: [u64; SITES] = [30, 20, 50, 40, 10];

/// Longer than anything takes that does happen: where a time-out is not what is shown.
const PATIENCE: Duration = Duration::from_secs(20);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Failure {
    Refused,
    Reset,
    Stalled,
    Status,
    Panic,
    Kill,
    Poisoned,
    Interrupt,
}

impl Failure {
    pub(crate) const ALL: [Self; 8] = [
        Self::Refused,
        Self::Reset,
        Self::Stalled,
        Self::Status,
        Self::Panic,
        Self::Kill,
        Self::Poisoned,
        Self::Interrupt,
    ];
}

/// What a caller has in hand where a page should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Returned {
    /// The page, in spite of all.
    Page,
    /// An error of that site.
    Error(FetchErrorKind),
    /// Nothing: the model has panicked.
    Panicked(String),
    /// Nothing: its process has ended so.
    Ended(String),
    /// The results that had arrived; this one had not.
    Interrupted,
}

/// One failure in one model.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cell {
    pub(crate) failure: Failure,
    pub(crate) model: Model,
    pub(crate) care: Care,
    pub(crate) returned: Returned,
    /// How many of the other results are not there although their jobs had begun.
    pub(crate) lost: usize,
    /// How many of the others had no turn.
    pub(crate) not_begun: usize,
    /// From the beginning until the failure is told; for a signal, from the signal.
    pub(crate) after_ms: f64,
}

/// Where a failure happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) model: Model,
    pub(crate) care: Care,
    /// The position of the site that fails, from 0.
    pub(crate) site: usize,
    /// How many at once, in the two pools.
    pub(crate) workers: usize,
    /// How long a fetch may take.
    pub(crate) timeout: Duration,
}

/// Starts this program again, as [`be_a_child`] with this plan.
pub(crate) type Again<'a> = &'a (dyn Fn(&str) -> io::Result<Command> + Sync);

pub(crate) fn cell(
    failure: Failure,
    place: Place,
    again: Again<'_>,
) -> Result<Cell, Box<dyn Error>> {
    let web = SlowWeb::builder().sites(DELAYS_MS.map(Duration::from_millis)).start()?;
    let plan = plan(place, &web.urls());
    let (url, fault) = match failure {
        Failure::Refused => (web.refused_url(), Fault::None),
        Failure::Reset => (web.url("/reset"), Fault::None),
        Failure::Stalled => (web.url("/never"), Fault::None),
        Failure::Status => (web.url("/status/500"), Fault::None),
        Failure::Panic => (web.url("/empty"), Fault::Panic),
        Failure::Poisoned => return poisoned(place),
        Failure::Kill if place.model == Model::Processes => {
            return killed_worker(plan, place);
        }
        Failure::Kill => return killed(plan, place, again),
        Failure::Interrupt => return interrupted(plan, place, again),
    };
    let plan = match failure {
        // A site that is well must not be given up on a busy machine: these do not wait.
        Failure::Stalled => Plan { sites: vec![well(&web.url("/empty")); SITES], ..plan },
        _ => Plan { timeout: PATIENCE, ..plan },
    };
    let (outcome, after) = here(with(plan, place.site, url, fault), place.site)?;
    Ok(told(failure, place, outcome, after))
}

fn plan(place: Place, urls: &[Url]) -> Plan {
    let Place { model, care, workers, timeout, .. } = place;
    Plan { model, care, workers, timeout, sites: urls.iter().map(well).collect() }
}

fn well(url: &Url) -> Site {
    Site { url: url.clone(), fault: Fault::None }
}

fn with(mut plan: Plan, site: usize, url: Url, fault: Fault) -> Plan {
    plan.sites[site] = Site { url, fault };
    plan
}

/// How long it was from the first job's beginning until this site was told of.
#[derive(Default)]
struct Clock {
    began: Option<Instant>,
    told: Option<Duration>,
}

impl Clock {
    fn hear(&mut self, news: &News, of: usize) {
        // What a model needs beforehand, a client or workers, is made by now.
        let began = *self.began.get_or_insert_with(Instant::now);
        if matches!(news, News::Ended { site, .. } if *site == of) {
            self.told = Some(began.elapsed());
        }
    }

    /// The end of everything is told without a word.
    fn read(self) -> Duration {
        let over = || self.began.map(|began| began.elapsed());
        self.told.or_else(over).unwrap_or_default()
    }
}

/// Runs the plan in this process, and says how long it was until the site was told of.
fn here(plan: Plan, site: usize) -> io::Result<(Outcome, Duration)> {
    let (mut clock, total) = (Clock::default(), Arc::new(Mutex::new(0)));
    let outcome = fetch_all(plan, &total, &crossbeam_channel::never(), |news| {
        clock.hear(news, site);
    })?;
    Ok((outcome, clock.read()))
}

/// What the caller has of an outcome.
fn told(failure: Failure, place: Place, outcome: Outcome, after: Duration) -> Cell {
    let (mut results, begun) = (kinds(&outcome.results), outcome.begun.clone());
    let ended = outcome.wait();
    let returned = match (results[place.site].take(), ended) {
        (Some(Ok(())), _) => Returned::Page,
        (Some(Err(kind)), _) => Returned::Error(kind),
        (None, Err(why)) => Returned::Panicked(why),
        (None, Ok(())) => Returned::Interrupted,
    };
    let there: Vec<bool> =
        results.iter().map(|result| matches!(result, Some(Ok(())))).collect();
    counted(failure, place, returned, &there, &begun, after)
}

/// Counts the others: which are there, and which had begun.
fn counted(
    failure: Failure,
    place: Place,
    returned: Returned,
    there: &[bool],
    begun: &[bool],
    after: Duration,
) -> Cell {
    let missing = |began: bool| {
        let others = (0..there.len()).filter(|n| *n != place.site);
        others.filter(|&n| !there[n] && begun[n] == began).count()
    };
    Cell {
        failure,
        model: place.model,
        care: place.care,
        returned,
        lost: missing(true),
        not_begun: missing(false),
        after_ms: after.as_secs_f64() * 1e3,
    }
}

/// Which pages are there, and why the others are not.
fn kinds(
    results: &[Option<Result<Page, FetchError>>],
) -> Vec<Option<Result<(), FetchErrorKind>>> {
    let kind = |result: &Result<Page, FetchError>| match result {
        Ok(_) => Ok(()),
        Err(error) => Err(error.kind.clone()),
    };
    results.iter().map(|result| result.as_ref().map(kind)).collect()
}

/// One job panics with the lock in its hands, before the others take it, where they can.
fn poisoned(place: Place) -> Result<Cell, Box<dyn Error>> {
    // One at a time cannot be held up. In worker processes each lock is another one.
    let held_up = matches!(place.model, Model::Threads | Model::Pool | Model::Async)
        && place.workers >= SITES;
    // Each worker process has one job: with a second one it would meet the lock that its first has poisoned.
    let one_each = place.model == Model::Processes && place.workers >= SITES;
    let mut builder = SlowWeb::builder().sites(DELAYS_MS.map(Duration::from_millis));
    if held_up || one_each {
        // Held up, the other four wait until one more asks.
        builder = builder.barrier(SITES, PATIENCE);
    }
    let web = builder.start()?;
    let plan = Plan { timeout: PATIENCE, ..plan(place, &web.urls()) };
    let bad = if one_each { web.urls()[place.site].clone() } else { web.url("/empty") };
    let plan = with(plan, place.site, bad, Fault::PanicWithLock);
    let total = Arc::new(Mutex::new(0));
    let mut clock = Clock::default();
    let outcome = thread::scope(|scope| {
        let (over, is_over) = mpsc::channel::<()>();
        if held_up {
            scope.spawn(|| {
                let is_over = is_over;
                let soon = Duration::from_millis(1);
                let runs =
                    || is_over.recv_timeout(soon) == Err(mpsc::RecvTimeoutError::Timeout);
                while !total.is_poisoned() && runs() {}
                let asked = ask(web.address(), web.urls()[0].path());
                // Held: a request that hangs up leaves the barrier.
                while runs() {}
                drop(asked);
            });
        }
        let outcome = fetch_all(plan, &total, &crossbeam_channel::never(), |news| {
            clock.hear(news, place.site);
        });
        drop(over);
        outcome
    })?;
    Ok(told(Failure::Poisoned, place, outcome, clock.read()))
}

/// Asks for a page, and does not wait for it.
fn ask(address: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    Ok(stream)
}

/// A site that never answers, and knows that it has been asked.
pub(crate) struct Trap {
    listener: TcpListener,
    address: SocketAddr,
}

impl Trap {
    pub(crate) fn set() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn url(&self) -> Result<Url, Box<dyn Error>> {
        Ok(Url::parse(&format!("http://{}/", self.address))?)
    }

    /// Waits until it is asked. The connection is open until it is dropped.
    pub(crate) fn asked(&self) -> io::Result<TcpStream> {
        Ok(self.listener.accept()?.0)
    }

    /// Lets whoever waits in [`asked`](Self::asked) go on.
    pub(crate) fn release(&self) {
        drop(TcpStream::connect(self.address));
    }
}

/// A worker process is killed in the middle of its job.
fn killed_worker(plan: Plan, place: Place) -> Result<Cell, Box<dyn Error>> {
    let trap = Trap::set()?;
    let plan =
        Plan { timeout: PATIENCE, ..with(plan, place.site, trap.url()?, Fault::None) };
    let (pids, pid) = mpsc::channel();
    let (mut told_at, total) = (None, Arc::new(Mutex::new(0)));
    let (outcome, killed_at) = thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let pid = pid;
            let _asked = trap.asked();
            let pid = pid.recv().ok()?;
            let now = Instant::now();
            kill(pid).ok().map(|()| now)
        });
        let outcome =
            fetch_all(plan, &total, &crossbeam_channel::never(), |news| match news {
                News::Begun { site, process: Some(process) } if *site == place.site => {
                    let _ = pids.send(*process);
                }
                News::Ended { site, .. } if *site == place.site => {
                    told_at = Some(Instant::now());
                }
                _ => {}
            });
        drop(pids);
        trap.release();
        (outcome, killer.join().ok().flatten())
    });
    let killed_at = killed_at.ok_or("no worker could be killed")?;
    let after = told_at.unwrap_or_else(Instant::now).saturating_duration_since(killed_at);
    Ok(told(Failure::Kill, place, outcome?, after))
}

/// kill -9
#[cfg(unix)]
pub(crate) fn kill(pid: u32) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::kill_process(pid, rustix::process::Signal::KILL)?)
}

/// Ends a process at once.
#[cfg(not(unix))]
pub(crate) fn kill(pid: u32) -> io::Result<()> {
    let ended =
        Command::new("taskkill").args(["/F", "/PID", &pid.to_string()]).output()?;
    if ended.status.success() { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// What a child tells its parent, a line each.
#[derive(Debug, Serialize, Deserialize)]
enum Line {
    Begun(usize),
    Ended(usize),
    Results(Vec<Option<Result<Page, FetchError>>>),
}

fn tell(line: &Line) -> io::Result<()> {
    let line = serde_json::to_string(line)?;
    let mut stdout = io::stdout().lock();
    // Whatever stands in the line already, the next one begins.
    writeln!(stdout, "\n{line}").and_then(|()| stdout.flush())
}

/// Does the plan as a program of its own: with care, a Ctrl-C is an event for it.
///
/// # Errors
///
/// When it cannot begin.
pub(crate) fn be_a_child(plan: &str) -> Result<ExitCode, Box<dyn Error>> {
    let plan: Plan = serde_json::from_str(plan)?;
    // The parent is there as long as its end of this is open.
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        process::exit(3)
    });
    let stop = match plan.care {
        Care::Guarded => interrupts()?,
        Care::Plain => crossbeam_channel::never(),
    };
    let total = Arc::new(Mutex::new(0));
    let outcome = fetch_all(plan, &total, &stop, |news| {
        let line = match news {
            News::Begun { site, .. } => Line::Begun(*site),
            News::Ended { site, .. } => Line::Ended(*site),
        };
        // A parent that is gone has ended this process.
        let _ = tell(&line);
    })?;
    let code = if outcome.interrupted { 130 } else { 0 };
    tell(&Line::Results(outcome.results))?;
    Ok(ExitCode::from(code))
}

/// Ctrl-C ends this program as before. But a program that was started in the background may have been told to ignore it, and
/// its children with it: what is an event here is back at its default there.
fn hear_of_ctrl_c() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Ok(event) = interrupts() {
            thread::spawn(move || event.recv().map(|()| process::exit(130)));
        }
    });
}

/// A child at work, and what it has told so far.
pub(crate) struct Working {
    child: Child,
    lines: Box<dyn Iterator<Item = Line>>,
    begun: Vec<bool>,
    ended: usize,
    pub(crate) results: Option<Vec<Option<Result<Page, FetchError>>>>,
}

impl Working {
    pub(crate) fn start(plan: &Plan, again: Again<'_>) -> Result<Self, Box<dyn Error>> {
        let mut command = again(&serde_json::to_string(plan)?)?;
        hear_of_ctrl_c();
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // A group of its own, as a terminal gives to each command: a Ctrl-C is for all of it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("a child without pipes")?;
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let lines = Box::new(lines.filter_map(|line| serde_json::from_str(&line).ok()));
        let begun = vec![false; plan.sites.len()];
        Ok(Self { child, lines, begun, ended: 0, results: None })
    }

    /// Reads on until so many jobs have ended, and these have begun.
    pub(crate) fn until(
        &mut self,
        ended: usize,
        begun: std::ops::Range<usize>,
    ) -> Result<(), Box<dyn Error>> {
        while self.ended < ended || !self.begun[begun.clone()].iter().all(|begun| *begun)
        {
            let line = self.lines.next().ok_or("the child has ended by itself")?;
            self.keep(line);
        }
        Ok(())
    }

    fn keep(&mut self, line: Line) {
        match line {
            Line::Begun(site) => self.begun[site] = true,
            Line::Ended(_) => self.ended += 1,
            Line::Results(results) => self.results = Some(results),
        }
    }

    /// Reads what is left, and waits for the end: how it ended, and how long that took.
    pub(crate) fn end(&mut self, since: Instant) -> io::Result<(ExitStatus, Duration)> {
        while let Some(line) = self.lines.next() {
            self.keep(line);
        }
        let after = since.elapsed();
        Ok((self.child.wait()?, after))
    }

    /// Sends what Ctrl-C sends, to whom it is sent: the whole group.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) -> io::Result<()> {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process_group(group.ok_or(io::ErrorKind::InvalidInput)?, Signal::INT)?)
    }

    #[cfg(not(unix))]
    pub(crate) fn interrupt(&self) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "Ctrl-C is sent on Unix only"))
    }

    fn cell(
        &mut self,
        failure: Failure,
        place: Place,
        ended: (ExitStatus, Duration),
    ) -> Cell {
        let (status, after) = ended;
        let results = self.results.take();
        let returned = match &results {
            None => Returned::Ended(how_it_ended(status)),
            Some(_) => Returned::Interrupted,
        };
        let results = kinds(&results.unwrap_or_default());
        let is_there = |n: usize| matches!(results.get(n), Some(Some(Ok(()))));
        let there: Vec<bool> = (0..SITES).map(is_there).collect();
        counted(failure, place, returned, &there, &self.begun, after)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // Where it has ended as it should, both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many can have ended, and which have begun, when this one is the last under way.
pub(crate) fn before(place: Place) -> (usize, std::ops::Range<usize>) {
    let is_pool = matches!(place.model, Model::Pool | Model::Processes);
    let one_at_a_time = place.model == Model::Sequential || is_pool && place.workers == 1;
    // Nobody is told of a plain one before all have ended.
    let tells = place.care == Care::Guarded || is_pool;
    let last = if one_at_a_time { place.site } else { SITES - 1 };
    (if tells { last } else { 0 }, 0..last + 1)
}

/// The process that everything runs in is killed, in the middle of one job.
fn killed(plan: Plan, place: Place, again: Again<'_>) -> Result<Cell, Box<dyn Error>> {
    let trap = Trap::set()?;
    let plan =
        Plan { timeout: PATIENCE, ..with(plan, place.site, trap.url()?, Fault::None) };
    let mut working = Working::start(&plan, again)?;
    let (ended, begun) = before(place);
    working.until(ended, begun)?;
    let _asked = trap.asked()?;
    let killed_at = Instant::now();
    working.child.kill()?;
    let ended = working.end(killed_at)?;
    Ok(working.cell(Failure::Kill, place, ended))
}

/// Ctrl-C, in the middle of one job.
fn interrupted(
    plan: Plan,
    place: Place,
    again: Again<'_>,
) -> Result<Cell, Box<dyn Error>> {
    let trap = Trap::set()?;
    let plan =
        Plan { timeout: PATIENCE, ..with(plan, place.site, trap.url()?, Fault::None) };
    let mut working = Working::start(&plan, again)?;
    let (ended, begun) = before(place);
    working.until(ended, begun)?;
    let _asked = trap.asked()?;
    let sent_at = Instant::now();
    working.interrupt()?;
    let ended = working.end(sent_at)?;
    Ok(working.cell(Failure::Interrupt, place, ended))
}

impl Display for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Page => write!(f, "the page"),
            Self::Error(kind) => write!(f, "{kind}"),
            Self::Panicked(why) => write!(f, "nothing: it {why}"),
            Self::Ended(how) => write!(f, "nothing: its process has ended, {how}"),
            Self::Interrupted => write!(f, "the results that had arrived"),
        }
    }
}

impl Returned {
    /// The same in at most 13 columns.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Page => "a page".to_owned(),
            Self::Error(FetchErrorKind::Lost(why)) => {
                let why = if why.contains("signal 9") { "killed" } else { "panic" };
                format!("Lost, {why}")
            }
            Self::Error(FetchErrorKind::Status(code)) => format!("Status({code})"),
            Self::Error(kind) => {
                let name = format!("{kind:?}");
                name.split('(').next().unwrap_or_default().to_owned()
            }
            Self::Panicked(_) => "the panic".to_owned(),
            Self::Ended(how) => how.clone(),
            Self::Interrupted => "what arrived".to_owned(),
        }
    }
}
