//! Ctrl-C ends the fetching, and what has arrived is kept.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::interrupt::{Outcome, fetch_until_interrupted, pass_on_ctrl_c};
use asynchronous::{Url, client};
use clap::Parser;
use lab::command_line::{millis, number};
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::sync::mpsc;

/// How long each site takes: far enough apart for one order of the answers.
const DELAYS_MS: [u64; 6] = [200, 500, 1700, 600, 600, 600];

/// Fetches pages, three at a time, until all are here or Ctrl-C is pressed
#[derive(Parser)]
#[command(
    max_term_width = 80,
    after_help = "Exit codes: 0 all well, 1 a page failed, \
    2 the program could not do what it was asked, 130 after Ctrl-C."
)]
struct Arguments {
    /// Paths on the slow web, instead of its six sites
    #[arg(value_name = "PATH")]
    paths: Vec<String>,

    /// How long the fetches in flight are given after Ctrl-C
    #[arg(long, value_name = "MS", default_value = "600", value_parser = millis(0, 60_000))]
    grace: Duration,

    /// Do as if Ctrl-C were pressed when so many pages have ended
    #[arg(long, value_name = "N", value_parser = number(1, 1_000))]
    interrupt_after: Option<usize>,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let web =
            SlowWeb::builder().sites(DELAYS_MS.map(Duration::from_millis)).start()?;
        let urls = match &arguments.paths[..] {
            [] => web.urls(),
            paths => paths.iter().map(|path| web.url(path)).collect(),
        };
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let outcome = runtime.block_on(show_pages(arguments, &urls, screen))?;
        summary(screen, &outcome)?;
        let failed = outcome.results.iter().flatten().any(Result::is_err);
        Ok(match (outcome.interrupted, failed) {
            (true, _) => ExitCode::from(130),
            (false, true) => ExitCode::from(1),
            (false, false) => ExitCode::SUCCESS,
        })
    })
}

// ANCHOR: show_pages
async fn show_pages(
    arguments: &Arguments,
    urls: &[Url],
    screen: &Screen,
) -> Result<Outcome, Box<dyn Error>> {
    let (interrupt, mut interrupts) = mpsc::channel(2);
    tokio::spawn(pass_on_ctrl_c(interrupt.clone()));
    screen.line(&format!("pages: {}, at most 3 at a time\n", urls.len()))?;
    let client = client(Duration::from_mins(10))?;
    let (grace, mut ended) = (arguments.grace, 0);
    let tell = |n: usize, result: &Result<_, _>| {
        ended += 1;
        if arguments.interrupt_after == Some(ended) {
            let _ = interrupt.try_send(());
        }
        let verdict =
            result.as_ref().map_or_else(ToString::to_string, ToString::to_string);
        screen.line(&format!("  page {:<4} {}", n + 1, verdict))
    };
    Ok(fetch_until_interrupted(&client, urls, 3, &mut interrupts, grace, tell).await?)
}
// ANCHOR_END: show_pages

fn summary(screen: &Screen, outcome: &Outcome) -> std::io::Result<()> {
    let Outcome { results, dropped, not_begun, interrupted } = outcome;
    let here = results.iter().flatten().flatten().count();
    screen.line("")?;
    if *interrupted {
        screen.line("interrupted")?;
    }
    screen.line(&format!("{here} of {} pages are here", results.len()))?;
    if *interrupted {
        screen.line(&format!("{dropped} dropped on the way, {not_begun} not begun"))?;
    }
    Ok(())
}
