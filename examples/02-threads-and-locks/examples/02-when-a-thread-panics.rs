//! Four threads, one of which panics: the others, and the program, go on.

use std::panic;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::slow_web::SlowWeb;
use lab::stage;
use threads_and_locks::{FetchError, Page, Url, client, fetch, map_on_threads};

/// Works out the pace of four sites, each on a thread of its own. One of the threads panics.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

// ANCHOR: pace
/// Milliseconds for each KiB of a page.
fn pace(page: &Page) -> u128 {
    // The bug: a page of less than 1 KiB is divided by zero.
    page.elapsed.as_millis() / u128::from(page.bytes / 1024)
}
// ANCHOR_END: pace

// ANCHOR: in_words
/// The three things that may become of a thread here: a pace, a failed fetch, a panic.
fn in_words(outcome: Result<Result<u128, FetchError>, String>) -> String {
    match outcome {
        Ok(Ok(pace)) => format!("{pace} ms for each KiB"),
        Ok(Err(error)) => format!("failed: {error}"),
        Err(message) => format!("panicked: {message}"),
    }
}
// ANCHOR_END: in_words

fn main() -> ExitCode {
    // What a panic prints by default names its thread by a number of the operating system, another one in each run.
    panic::set_hook(Box::new(|_| {}));
    stage::show(|_: &Arguments, screen| {
        let web =
            SlowWeb::builder().sites([120, 80].map(Duration::from_millis)).start()?;
        let paths = ["/site-1", "/empty", "/status/404", "/site-2"];
        let urls = paths.map(|path| web.url(path));
        let client = client(Duration::from_secs(10))?;
        // ANCHOR: main
        let pace_of = |url: &Url| fetch(&client, url).map(|page| pace(&page));
        for (path, outcome) in paths.iter().zip(map_on_threads(&urls, pace_of)) {
            screen.line(&format!("{path:<12} {}", in_words(outcome)))?;
        }
        screen.line("and the program goes on")?;
        // ANCHOR_END: main
        Ok(())
    })
}
