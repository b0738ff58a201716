//! A link checker: folders, files and whole sites; every address once, within limits, and what is known is kept.

use std::collections::HashSet;
use std::error::Error;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::interrupt::pass_on_ctrl_c;
use asynchronous::many::{fits, raise_descriptor_limit};
use asynchronous::retry::Backoff;
use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use lab::command_line::{millis, number};
use lab::stage::{self, Screen};
use other_waits::link_checker::crawl::{Event, crawl};
use other_waits::link_checker::journal::{Entry, Journal, Run};
use other_waits::link_checker::start::{Starts, starts};
use other_waits::link_checker::web::Http;
use other_waits::link_checker::{Known, Outcome, Settings, report};
use tokio::runtime;
use tokio::sync::mpsc;
use url::Url;

/// The bound of the first wait before another try, and of every later one.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// The exit code after Ctrl-C, as shells have it.
const INTERRUPTED: u8 = 130;

/// Checks the links of folders, files and sites: HTML and Markdown, with the ids that links name
#[derive(Parser)]
#[command(
    max_term_width = 80,
    after_help = "Exit codes: 0 all links lead somewhere, 1 some are broken, \
    2 the program could not do what it was asked, 130 interrupted before the end."
)]
struct Arguments {
    /// What to check: a folder with all that is below it, a file, or an address of http or https
    /// with all that is below its folder
    #[arg(value_name = "START", required = true)]
    starts: Vec<String>,

    /// How many requests may be in flight
    #[arg(long, value_name = "N", default_value = "32", value_parser = number(1, 1_000))]
    at_once: usize,

    /// How many of them to one host and port
    #[arg(long, value_name = "N", default_value = "4", value_parser = number(1, 1_000))]
    per_host: usize,

    /// The least time between two requests to one host; its robots.txt may ask for more
    #[arg(long, value_name = "MS", default_value = "0", value_parser = millis(0, 600_000))]
    delay: Duration,

    /// The longest that one request may take, body included
    #[arg(long, value_name = "MS", default_value = "10000", value_parser = millis(1, 600_000))]
    timeout: Duration,

    /// The longest that one address may take, with all tries, waits and redirects
    #[arg(long, value_name = "MS", default_value = "60000", value_parser = millis(1, 3_600_000))]
    deadline: Duration,

    /// How often to try what may end otherwise the next time
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 100))]
    tries: usize,

    /// How many redirects of one address to follow
    #[arg(long, value_name = "N", default_value = "5", value_parser = number(0, 100))]
    redirects: usize,

    /// Ask no network; only what is in files is checked
    #[arg(long)]
    offline: bool,

    /// Do not ask for robots.txt, and do not obey it
    #[arg(long)]
    no_robots: bool,

    /// Where a link that begins with / leads in a file [default: the folder that is given, if it
    /// is the only START]
    #[arg(long, value_name = "DIR")]
    root_dir: Option<PathBuf>,

    /// Leave out addresses that begin so; can be given more than once
    #[arg(long, value_name = "PREFIX", value_parser = NonEmptyStringValueParser::new())]
    exclude: Vec<String>,

    /// Write down what is known into this file, and begin with what it has; it is removed when all
    /// is known
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,

    /// What to print: text for people, or one JSON object for programs
    #[arg(long, default_value = "text")]
    format: Format,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let starts = starts(&arguments.starts)?;
        let settings = arguments.settings(&starts)?;
        let (journal, before) = match &arguments.resume {
            Some(path) => {
                let (journal, before) =
                    Journal::open(path, &Run::new(&starts, &settings))?;
                (Some(journal), before)
            }
            None => (None, Vec::new()),
        };
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (known, keeper) =
            runtime.block_on(check(&starts, &settings, before, journal))?;
        // A read that is stuck, on a network drive say, cannot be ended, but the process can.
        runtime.shutdown_background();
        // Before the report: it would begin on the line of the bar.
        keeper.bar.finish_and_clear();
        arguments.show(&known, screen)?;
        let code = keeper.end(&report::counts(&known))?;
        match not_looked_at(&starts, &known) {
            Some(problem) if code != INTERRUPTED => Err(problem.into()),
            _ => Ok(ExitCode::from(code)),
        }
    })
}

// ANCHOR: check
async fn check(
    starts: &Starts,
    settings: &Settings,
    before: Vec<Entry>,
    journal: Option<Journal>,
) -> Result<(Known, Keeper), Box<dyn Error>> {
    let web = Http::new(settings.timeout, &starts.within)?;
    let (interrupt, mut interrupts) = mpsc::channel(2);
    tokio::spawn(pass_on_ctrl_c(interrupt.clone()));
    let mut keeper = Keeper::new(journal, interrupt)?;
    let tell = |event: Event<'_>| keeper.add(&event);
    let known = crawl(&web, starts, settings, before, &mut interrupts, tell).await;
    Ok((known, keeper))
}
// ANCHOR_END: check

/// Which start was not read for links, and why. "Nothing broken" would be true, and say nothing.
fn not_looked_at(starts: &Starts, known: &Known) -> Option<String> {
    let pages = starts.given.iter().filter(|url| starts.pages.contains(url));
    pages.filter_map(|url| Some((url, known.addresses.get(url)?))).find_map(
        |(url, checked)| match (&checked.outcome, &checked.redirected_to) {
            (Outcome::Skipped { why }, _) => Some(format!("{url}: not asked for: {why}")),
            (Outcome::Fine | Outcome::NoFragment { .. }, Some(to)) if !starts.has(to) => {
                Some(format!("{url}: leads to {to}: begin there to read its links"))
            }
            _ => None,
        },
    )
}

/// Writes down what becomes known, and shows how far it is.
struct Keeper {
    journal: Option<Journal>,
    /// Why nothing is written down any more.
    failed: Option<io::Error>,
    interrupt: mpsc::Sender<()>,
    known: HashSet<Url>,
    bar: ProgressBar,
}

impl Keeper {
    fn new(
        journal: Option<Journal>,
        interrupt: mpsc::Sender<()>,
    ) -> Result<Self, Box<dyn Error>> {
        // A file or a pipe would be filled with the codes that move the cursor.
        let bar = if io::stderr().is_terminal() {
            let style = "{bar:30} {pos} of {len} addresses  {wide_msg}";
            ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?)
        } else {
            ProgressBar::hidden()
        };
        Ok(Self { journal, failed: None, interrupt, known: HashSet::new(), bar })
    }

    // ANCHOR: keep
    fn add(&mut self, event: &Event<'_>) {
        match event {
            Event::Found { asked, .. } => self.bar.inc_length(u64::from(*asked)),
            Event::Known(entry) => {
                self.keep(entry);
                if self.known.insert(entry.url.clone()) {
                    self.bar.inc(1);
                }
            }
        }
    }

    fn keep(&mut self, entry: &Entry) {
        let Some(journal) = &mut self.journal else { return };
        if let Err(error) = journal.add(entry) {
            // No line may follow half a line. The run ends as by Ctrl-C, and reports.
            self.journal = None;
            self.failed = Some(error);
            let _ = self.interrupt.try_send(()); // full only after two Ctrl-C
        }
    }
    // ANCHOR_END: keep

    /// The exit code of the run.
    fn end(self, counts: &report::Counts) -> Result<u8, Box<dyn Error>> {
        if let Some(error) = self.failed {
            return Err(format!("the journal cannot be written: {error}").into());
        }
        if counts.not_checked > 0 {
            return Ok(INTERRUPTED); // and the journal stays, for the next run
        }
        if let Some(journal) = self.journal {
            journal.remove()?;
        }
        Ok(u8::from(counts.broken > 0))
    }
}

impl Arguments {
    fn settings(&self, starts: &Starts) -> Result<Settings, Box<dyn Error>> {
        // Each request has a connection: one too many would look like a broken link.
        let at_once = fits(self.at_once, raise_descriptor_limit());
        if at_once == 0 {
            return Err("too few descriptors for a single request (ulimit -n)".into());
        }
        let (base, cap) = WAITS;
        let attempts = u32::try_from(self.tries)?;
        Ok(Settings {
            at_once,
            per_host: self.per_host,
            delay: self.delay,
            timeout: self.timeout,
            deadline: self.deadline,
            backoff: Backoff { base, cap, attempts, jitter: true },
            redirects: self.redirects,
            offline: self.offline,
            robots: !self.no_robots,
            root: self.root(starts)?,
            exclude: self.exclude.clone(),
            seed: fastrand::u64(..),
        })
    }

    fn root(&self, starts: &Starts) -> Result<Option<Url>, Box<dyn Error>> {
        let folder = match (&self.root_dir, &starts.given[..]) {
            (Some(folder), _) => {
                let failed = |error| format!("{}: {error}", folder.display());
                let folder = folder.canonicalize().map_err(failed)?;
                if !folder.is_dir() {
                    return Err(format!("{}: no folder", folder.display()).into());
                }
                Some(folder)
            }
            (None, [one]) => one.to_file_path().ok().filter(|path| path.is_dir()),
            (None, _) => None,
        };
        Ok(folder.and_then(|folder| Url::from_directory_path(folder).ok()))
    }

    fn show(&self, known: &Known, screen: &Screen) -> Result<(), Box<dyn Error>> {
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
        let here = here.and_then(|here| Url::from_directory_path(here).ok());
        let text = match self.format {
            Format::Text => report::text(known, here.as_ref()),
            Format::Json => report::json(known)?,
        };
        Ok(screen.line(text.trim_end())?)
    }
}
