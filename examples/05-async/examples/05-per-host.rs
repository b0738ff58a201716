//! A bound for each host beside the bound on all, and what the order of the two is good for.

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::per_host::{Limits, fetch_all, fetch_all_overall_first};
use asynchronous::{Client, FetchError, Page, Url, client};
use clap::Parser;
use lab::command_line::number;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::time::{sleep, timeout};

/// Fetches pages of several hosts, with a bound for each host and one on all.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many requests may be in flight
    #[arg(long, value_name = "N", default_value = "4", value_parser = number(1, 100))]
    overall: usize,
    /// How many requests to one host may be in flight
    #[arg(long, value_name = "N", default_value = "2", value_parser = number(1, 100))]
    per_host: usize,
}

/// No wait here takes that long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    stage::show(|&Arguments { overall, per_host }: &Arguments, screen| {
        let limits = Limits { overall, per_host };
        let client = client(PATIENCE)?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        screen.line(&format!("at most {overall} in flight, {per_host} to one host"))?;
        runtime.block_on(peaks(&client, limits, screen))?;
        runtime.block_on(one_host_hangs(&client, limits, screen))
    })
}

async fn peaks(
    client: &Client,
    limits: Limits,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let start = || SlowWeb::builder().sites([Duration::from_millis(50); 6]).start();
    let webs = [start()?, start()?, start()?];
    let urls: Vec<Url> = webs.iter().flat_map(SlowWeb::urls).collect();
    let results = fetch_all(client, &urls, limits).await;
    let pages = results.iter().flatten().count();
    screen.line(&format!("  6 pages of each of 3 hosts: {pages} have come"))?;
    for (web, name) in webs.iter().zip(["a", "b", "c"]) {
        let peak = web.peak_in_flight();
        screen.line(&format!("    host {name}: at most {peak} in flight"))?;
    }
    Ok(())
}

async fn one_host_hangs(
    client: &Client,
    limits: Limits,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    screen.line("  4 pages of a host that hangs, then 4 of one that answers")?;
    let came = beside_a_host_that_hangs(true, client, limits).await?;
    screen.line(&format!("    the host's permit first    {came} of the 4 have come"))?;
    let came = beside_a_host_that_hangs(false, client, limits).await?;
    screen.line(&format!("    the overall permit first   {came} of the 4 have come"))?;
    Ok(())
}

// ANCHOR: one_host_hangs
/// How many of four pages have come after a second, or before, if that is all of them.
async fn beside_a_host_that_hangs(
    host_first: bool,
    client: &Client,
    limits: Limits,
) -> io::Result<usize> {
    let (hangs, answers) = (SlowWeb::builder().start()?, SlowWeb::builder().start()?);
    let mut urls = vec![hangs.url("/never"); 4];
    urls.extend(vec![answers.url("/delay/1"); 4]);
    let came = || answers.requests().saturating_sub(answers.in_flight());
    let all_came = async {
        while came() < 4 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        _ = fetches(host_first, client, &urls, limits) => {}
        _ = timeout(Duration::from_secs(1), all_came) => {}
    }
    Ok(came())
}
// ANCHOR_END: one_host_hangs

async fn fetches(
    host_first: bool,
    client: &Client,
    urls: &[Url],
    limits: Limits,
) -> Vec<Result<Page, FetchError>> {
    if host_first {
        fetch_all(client, urls, limits).await
    } else {
        fetch_all_overall_first(client, urls, limits).await
    }
}
