//! Four ways to set a limit, and what is there when it has passed.

use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use asynchronous::deadline::{all_or_nothing, fetch_all_within, fetch_each_within};
use asynchronous::{FetchError, Page, client};
use clap::Parser;
use lab::command_line::millis;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::time::timeout;

/// Two that answer, and four that never do.
const PATHS: [&str; 6] =
    ["/never", "/never", "/never", "/never", "/delay/50", "/delay/100"];

/// Fetches six pages within a limit, four of which never come
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// The limit
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis(1, 10_000))]
    limit: Duration,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(show(arguments.limit, screen))
    })
}

async fn show(limit: Duration, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let web = SlowWeb::builder().start()?;
    let urls = PATHS.map(|path| web.url(path));
    // Longer than any limit here: nothing below is the client's own timeout.
    let client = client(Duration::from_mins(1))?;
    screen.line("6 pages, 4 of which never come; the limit is for\n")?;
    let tell = |what: &str, pages: usize, began: Instant| {
        let elapsed = began.elapsed().as_millis();
        screen.line(&format!("  {what:<38} {pages} pages after {elapsed:>4} ms"))
    };

    let began = Instant::now();
    let results = fetch_each_within(&client, &urls, 2, limit).await;
    tell("each page, two at a time", pages(&results), began)?;
    let began = Instant::now();
    let results = all_or_nothing(&client, &urls, limit).await;
    tell("all of them, all or nothing", results.as_deref().map_or(0, pages), began)?;
    let began = Instant::now();
    let results = fetch_all_within(&client, &urls, limit).await;
    tell("all of them, keeping what is there", pages(&results), began)?;

    let began = Instant::now();
    let outcome = timeout(limit / 2, holds_the_thread(limit)).await;
    let verdict = if outcome.is_ok() { "in time, it says," } else { "late" };
    let elapsed = began.elapsed().as_millis();
    screen.line("\nhalf of it, for a future that holds the thread")?;
    screen.line(&format!("  {verdict:<38}         after {elapsed:>4} ms"))?;
    Ok(())
}

fn pages(results: &[Result<Page, FetchError>]) -> usize {
    results.iter().flatten().count()
}

#[expect(clippy::unused_async, reason = "that is its point")]
// ANCHOR: holds_the_thread
/// Never comes to an `.await`, so nobody can drop it.
async fn holds_the_thread(time: Duration) {
    thread::sleep(time);
}
// ANCHOR_END: holds_the_thread
