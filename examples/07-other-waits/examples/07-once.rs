//! What many ask for at the same moment, and how often the server hears of it.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::{Client, FetchError, Page, Url, client, fetch};
use clap::Parser;
use futures_util::future::join_all;
use lab::command_line::number;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use other_waits::link_checker::once::{Answers, Once};
use tokio::runtime;

/// Asks for one page many times at once, and counts the requests
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many ask at the same moment
    #[arg(long, value_name = "N", default_value = "20", value_parser = number(1, 100))]
    askers: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let client = client(Duration::from_secs(10))?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(show(arguments.askers, &client, screen))
    })
}

async fn show(
    askers: usize,
    client: &Client,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    screen.line(&format!("{askers} want one page at the same moment"))?;

    let web = SlowWeb::builder().start()?;
    let url = &web.url("/delay/50");
    let pages = join_all((0..askers).map(|_| fetch(client, url))).await;
    tell("each asks", &pages, &web, screen)?;

    let web = SlowWeb::builder().start()?;
    let url = &web.url("/delay/50");
    let answers = &Answers::new();
    let looks = (0..askers).map(|_| answers.get(url.as_str(), fetch(client, url)));
    let pages = join_all(looks).await;
    tell("each looks for an answer, then asks", &pages, &web, screen)?;

    let web = SlowWeb::builder().start()?;
    let pages = ask_once(askers, client, &web.url("/delay/50")).await;
    tell("each looks for whoever asks already", &pages, &web, screen)
}

// ANCHOR: ask_once
async fn ask_once(
    askers: usize,
    client: &Client,
    url: &Url,
) -> Vec<Result<Page, FetchError>> {
    let once = &Once::new();
    let looks = (0..askers).map(|_| once.get(url.as_str(), fetch(client, url)));
    join_all(looks).await
}
// ANCHOR_END: ask_once

fn tell(
    how: &str,
    pages: &[Result<Page, FetchError>],
    web: &SlowWeb,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let (have, requests) = (pages.iter().flatten().count(), web.requests());
    let line = format!("  {how:<36} requests: {requests:>3}, have it: {have:>3}");
    Ok(screen.line(&line)?)
}
