//! Five hundred requests at once, in a process that may have 64 files and connections open.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::Duration;

use asynchronous::bounded::fetch_unordered;
use asynchronous::{FetchError, FetchErrorKind, Page, Url, client, fetch_all};
use clap::Parser;
use lab::command_line::number;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime;

/// Sends many requests from a process that may have few connections.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many pages are fetched
    #[arg(long, value_name = "N", default_value = "500", value_parser = number(1, 2_000))]
    pages: usize,
    /// How many requests are in flight where there is a bound
    #[arg(long, value_name = "N", default_value = "20", value_parser = number(1, 2_000))]
    workers: usize,
    /// How many descriptors the process may have
    #[arg(long, value_name = "N", default_value = "64", value_parser = number(32, 4_000))]
    descriptors: usize,
    /// Only fetch this address. Do this in a process that has a limit
    #[arg(long, value_name = "URL", hide = true)]
    only: Option<Url>,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| match &arguments.only {
        Some(url) => with_and_without_a_bound(arguments, url, screen),
        None => in_a_process_with_a_limit(arguments, screen),
    })
}

// ANCHOR: limit
/// Runs this program again, where few descriptors are to be had. The slow web stays here:
/// it needs one for each connection, too.
fn in_a_process_with_a_limit(
    arguments: &Arguments,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let Arguments { pages, workers, descriptors, .. } = arguments;
    if cfg!(not(unix)) {
        screen.line("a limit on a process's descriptors: there is none to set here")?;
        return Ok(());
    }
    screen
        .line(&format!("{pages} pages, where {descriptors} descriptors are the limit"))?;
    let web = SlowWeb::builder().sites([Duration::from_millis(20)]).start()?;
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"")]);
    shell.arg(env::current_exe()?).args(["--only", web.url("site-1").as_str()]);
    shell.args(["--pages", &pages.to_string(), "--workers", &workers.to_string()]);
    let status = shell.status()?;
    if status.success() { Ok(()) } else { Err(format!("sh: {status}").into()) }
}
// ANCHOR_END: limit

// ANCHOR: with_and_without
fn with_and_without_a_bound(
    arguments: &Arguments,
    url: &Url,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let urls = vec![url.clone(); arguments.pages];
    for bound in [None, Some(arguments.workers)] {
        // A runtime and a client each: no run begins with connections of the one before.
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let client = client(TIMEOUT)?;
        let (way, results) = match bound {
            None => ("all at once", runtime.block_on(fetch_all(&client, &urls))),
            Some(n) => {
                let bounded = fetch_unordered(&client, &urls, n);
                ("with a bound", runtime.block_on(bounded))
            }
        };
        tell(screen, way, results)?;
    }
    Ok(())
}
// ANCHOR_END: with_and_without

const TIMEOUT: Duration = Duration::from_secs(10);

/// How many pages are lost, and why.
fn tell(
    screen: &Screen,
    way: &str,
    results: Vec<Result<Page, FetchError>>,
) -> Result<(), Box<dyn Error>> {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for error in results.into_iter().filter_map(Result::err) {
        let reason = match error.kind {
            FetchErrorKind::Connection(reason) => reason,
            other => other.to_string(),
        };
        *reasons.entry(reason).or_default() += 1;
    }
    if reasons.is_empty() {
        screen.line(&format!("  {way:<14} {:>4} lost", 0))?;
    }
    for (reason, lost) in reasons {
        screen.line(&format!("  {way:<14} {lost:>4} lost  {reason}"))?;
    }
    Ok(())
}
