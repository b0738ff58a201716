//! What every program of the book shares: arguments, addresses to fetch or work to do, timing, report.
//!
//! A program's `main` hands its taught function to [`fetch`] or [`crunch`]; the rest (the slow web, the command line, the
//! timeline, exit codes) is here, once, and the same for all. A program that does neither job, and has something else to show,
//! has arguments of its own and hands its function to [`show`]. Exit codes: 0 when all went well, 1 when a site failed, 2 when
//! the program could not do what it was asked (a bad argument, a file that cannot be written, a thread that cannot be had).
//! A panic of the main thread is one line and exit code 2, whatever other threads wait for; panics of other threads are
//! reported as the program had it before.
//!
//! Where the environment names a file in `WHILE_YOU_WAIT_RUN`, the run is written there as JSON too, whatever is printed: so
//! the book keeps text, data and picture of one and the same run.

mod arguments;
mod live;
mod output;
mod report;

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::ops::Range;
use std::panic;
use std::path::Path;
use std::process::{self, ExitCode, Termination};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use tracing_subscriber::prelude::*;
use url::Url;

use crate::command_line::{self, complain, program_name, with_causes};
use crate::slow_web::SlowWeb;
use crate::timeline::{Timeline, count};
use arguments::{Address, Arguments, Format};
use output::Output;
pub use output::Screen;
pub use report::{Report, Run};

/// What a program that fetches is given.
#[derive(Debug)]
pub struct Sites {
    /// The addresses to fetch, each as often as `--rounds` says.
    pub urls: Vec<Url>,
    /// How long a fetch may take, from connecting to the last byte of the body.
    pub timeout: Duration,
    /// `--workers`, where it was given; a program without workers has no use for it.
    pub workers: Option<usize>,
}

/// What a program that computes is given.
#[derive(Debug)]
pub struct Work {
    /// The numbers below [`NUMBERS`], cut into as many consecutive chunks as `--sites` says (5), each as often as `--rounds`.
    pub chunks: Vec<Range<u64>>,
    /// `--workers`, where it was given.
    pub workers: Option<usize>,
}

/// How many numbers a program that computes looks at.
pub const NUMBERS: u64 = 500_000;

/// Runs `job` on the addresses of the command line, or on a slow web of its own, and reports.
///
/// `prepare` makes what the job needs and what is not to be timed: a client, mostly. If it fails, the program ends with one
/// line and exit code 2. `job` returns one result per address, in any order; they are reported in that of the addresses.
pub fn fetch<T, P, E>(
    prepare: impl FnOnce(&Sites) -> Result<T, Box<dyn Error>>,
    job: impl FnOnce(&T, &Sites) -> Vec<Result<P, E>>,
) -> ExitCode
where
    Report: From<P> + From<E>,
{
    run(|arguments, output, measure| {
        arguments.check_units(arguments.number_of_sites())?;
        // Started even if only other addresses are asked for: it costs a thread that sleeps.
        let web = start_web(arguments)?;
        let resolve = |address: &Address| match address {
            Address::Ours(path) => web.url(path),
            Address::Elsewhere(url) => url.clone(),
        };
        let urls = match &arguments.urls[..] {
            [] => web.urls(),
            given => given.iter().map(resolve).collect(),
        };
        // What the web counts is the whole run only if nothing is fetched elsewhere.
        let all_ours =
            !arguments.urls.iter().any(|url| matches!(url, Address::Elsewhere(_)));
        let sites = count(urls.len(), "site", "sites");
        if all_ours {
            output.line(&format!("{sites} on a slow web at http://{}", web.address()))?;
        } else {
            output.line(&format!("{sites} of yours"))?;
        }
        output.line("")?;
        let sites = Sites {
            urls: repeat(&urls, arguments.rounds),
            timeout: arguments.timeout,
            workers: arguments.workers,
        };
        let prepared = prepare(&sites).map_err(|error| with_causes(&*error))?;
        let report = |result| match result {
            Ok(page) => Report::from(page),
            Err(error) => Report::from(error),
        };
        let run =
            measure.run(|| job(&prepared, &sites).into_iter().map(report).collect());
        let run = Run { results: in_order(&sites.urls, run.results)?, ..run };
        Ok(Run { peak_in_flight: all_ours.then(|| web.peak_in_flight()), ..run })
    })
}

/// Runs `job` on chunks of work, and reports.
///
/// `job` returns the value that each chunk came to, in the order of the chunks.
pub fn crunch(job: impl FnOnce(&Work) -> Vec<u64>) -> ExitCode {
    crunch_with(|_| Ok(()), |(), work| Ok(job(work)))
}

/// The same as [`crunch`], for a job that needs something which is not to be timed: a pool, mostly.
///
/// If `prepare` or the job fails, the program ends with one line and exit code 2.
pub fn crunch_with<T>(
    prepare: impl FnOnce(&Work) -> Result<T, Box<dyn Error>>,
    job: impl FnOnce(&T, &Work) -> Result<Vec<u64>, Box<dyn Error>>,
) -> ExitCode {
    run(|arguments, output, measure| {
        if !arguments.urls.is_empty() {
            return Err(
                "this program computes: it has no use for addresses (try --help)".into(),
            );
        }
        let pieces = arguments.sites.sites.unwrap_or(5);
        arguments.check_units(pieces)?;
        let pieces = pieces as u64;
        let chunks: Vec<Range<u64>> = (0..pieces)
            .map(|i| NUMBERS * i / pieces..NUMBERS * (i + 1) / pieces)
            .collect();
        let cut = count(chunks.len(), "chunk", "chunks");
        output.line(&format!("the primes below {NUMBERS}, counted in {cut}"))?;
        output.line("")?;
        let work = Work {
            chunks: repeat(&chunks, arguments.rounds),
            workers: arguments.workers,
        };
        let prepared = prepare(&work).map_err(|error| with_causes(&*error))?;
        let mut failure = None;
        let run = measure.run(|| {
            let values = job(&prepared, &work).unwrap_or_else(|error| {
                failure = Some(error);
                Vec::new()
            });
            work.chunks
                .iter()
                .zip(values)
                .map(|(chunk, value)| Report::of_work(chunk, value))
                .collect()
        });
        match failure {
            None => Ok(run),
            Some(error) => Err(with_causes(&*error).into()),
        }
    })
}

/// The reports in the order of the addresses; those of equal addresses stay in the order in which they are given.
fn in_order(urls: &[Url], reports: Vec<Report>) -> Result<Vec<Report>, String> {
    let mut given: HashMap<String, VecDeque<Report>> = HashMap::new();
    let n = reports.len();
    for report in reports {
        given.entry(report.url.clone()).or_default().push_back(report);
    }
    let take = |url: &Url| given.get_mut(url.as_str()).and_then(VecDeque::pop_front);
    let sorted: Vec<Report> = urls.iter().filter_map(take).collect();
    if sorted.len() == n && n == urls.len() {
        Ok(sorted)
    } else {
        Err(format!(
            "{n} results for {} addresses, {} of them asked for",
            urls.len(),
            sorted.len()
        ))
    }
}

/// Runs a program that has neither sites nor chunks, and arguments of its own.
///
/// `job` is given the arguments and the screen to print to, and may return an exit code or nothing, which is 0. If it fails, the
/// program ends with one line and exit code 2.
pub fn show<A: Parser, T: Termination>(
    job: impl FnOnce(&A, &Screen) -> Result<T, Box<dyn Error>>,
) -> ExitCode {
    report_panics();
    let arguments = match command_line::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match job(&arguments, &Screen::new()) {
        Ok(done) => done.report(),
        Err(error) => {
            complain(&with_causes(&*error));
            ExitCode::from(2)
        }
    }
}

/// Has a panic of this thread, the main one, end the process. Left alone it would wait first for the threads of every scope that
/// it is in, and these may wait for something that will not come now.
fn report_panics() {
    let main = thread::current().id();
    let of_others = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().id() != main {
            return of_others(panic);
        }
        complain(panic.payload_as_str().unwrap_or("a panic without a message"));
        process::exit(2)
    }));
}

/// Everything around the job: arguments, subscriber, report, exit code.
fn run(
    perform: impl FnOnce(&Arguments, &Output, &Measure) -> Result<Run, Box<dyn Error>>,
) -> ExitCode {
    report_panics();
    let arguments: Arguments = match command_line::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let text = arguments.format == Format::Text;
    let timeline = Timeline::new();
    // Lines as results are got, but only for people: JSON is one object, at the end.
    let live = text.then(live::Live::default);
    let subscriber = tracing_subscriber::registry().with(timeline.clone()).with(live);
    // Fails only if a subscriber is set already, and nothing before us sets one.
    let _ = tracing::subscriber::set_global_default(subscriber);

    let output = Output::new(text);
    let measure = Measure { timeline };
    let outcome = perform(&arguments, &output, &measure).and_then(|run| {
        output.report(&run)?;
        run.save(arguments.svg.as_deref(), arguments.trace.as_deref())?;
        if let Some(path) = std::env::var_os("WHILE_YOU_WAIT_RUN") {
            report::write(Path::new(&path), &serde_json::to_string(&run)?)?;
        }
        Ok(run)
    });
    match outcome {
        Ok(run) if run.results.iter().all(|result| result.ok) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

/// Times a job, and keeps what its spans said.
struct Measure {
    timeline: Timeline,
}

impl Measure {
    fn run(&self, job: impl FnOnce() -> Vec<Report>) -> Run {
        let cpu_before = cpu_time();
        self.timeline.restart();
        let began = Instant::now();
        let mut results = job();
        let wall = began.elapsed();
        let cpu = cpu_time()
            .zip(cpu_before)
            .map(|(after, before)| after.saturating_sub(before));
        let record = self.timeline.record();
        report::add_elapsed_of_work(&mut results, &record);
        Run {
            program: program_name(),
            wall_ms: report::millis(wall),
            cpu_ms: cpu.map(report::millis),
            peak_in_flight: None,
            threads: record.threads(),
            results,
            spans: record,
        }
    }
}

/// The CPU time, user and system, that this process has used; `None` where the platform is not asked (Windows).
pub fn cpu_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(time).ok()
    }
    #[cfg(not(unix))]
    None
}

fn start_web(arguments: &Arguments) -> Result<SlowWeb, Box<dyn Error>> {
    let builder =
        SlowWeb::builder().sites(arguments.sites.latencies()).seed(arguments.sites.seed);
    builder.start().map_err(|error| format!("cannot start the slow web: {error}").into())
}

fn repeat<T: Clone>(items: &[T], rounds: usize) -> Vec<T> {
    (0..rounds).flat_map(|_| items.iter().cloned()).collect()
}
