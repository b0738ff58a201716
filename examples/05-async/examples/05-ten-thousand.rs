//! Fetches ten thousand sites at once, on one thread.

use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use asynchronous::Url;
use asynchronous::many::{
    client_that_keeps_nothing, fetch_all, fits, needs, raise_descriptor_limit, status,
};
use lab::command_line::{millis, number};
use lab::slow_web::{Elsewhere, SlowWeb, serve_until_stdin_closes};
use lab::stage::{self, Screen};
use tokio::runtime;

/// Fetches very many sites at once, on one thread.
#[derive(clap::Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many sites
    #[arg(long, value_name = "N", default_value = "10000", value_parser = number(1, 20_000))]
    sites: usize,
    /// How long each site takes to answer, from when all of them have been asked
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis(1, 10_000))]
    delay: Duration,
    /// Be the slow web, until standard input closes
    #[arg(long, hide = true)]
    serve: bool,
}

/// How long the web waits for all to ask, before it tells them that they did not.
const PATIENCE: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        if arguments.serve {
            return Ok(serve(arguments.sites, arguments.delay)?);
        }
        // The web inherits the limit: its ends of the connections are descriptors too.
        let limit = raise_descriptor_limit();
        let sites = fits(arguments.sites, limit);
        if sites < arguments.sites {
            degrade(limit, sites, arguments.sites, screen)?;
        }
        let web = Elsewhere::start(&mut this_program(sites, arguments.delay)?)?;
        let urls: Vec<Url> = (1..=sites).map(|n| web.url(&format!("site-{n}"))).collect();
        fetch_and_tell(&urls, arguments.delay, screen)?;
        let counts = web.end()?;
        let (peak, connections) = (counts.peak_in_flight, counts.connections);
        screen.line(&format!("the web has seen at most {peak} in flight"))?;
        Ok(screen.line(&format!("  connections in all: {connections}"))?)
    })
}

// ANCHOR: serve
/// A web whose sites answer nobody before all of them have been asked.
fn serve(sites: usize, delay: Duration) -> std::io::Result<()> {
    let web = SlowWeb::builder().sites(vec![delay; sites]).barrier(sites, PATIENCE);
    serve_until_stdin_closes(web)
}
// ANCHOR_END: serve

/// This program again, as the web.
fn this_program(sites: usize, delay: Duration) -> std::io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--serve", "--sites", &sites.to_string()]);
    command.args(["--delay", &delay.as_millis().to_string()]);
    Ok(command)
}

fn degrade(
    limit: usize,
    sites: usize,
    wanted: usize,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let needs = needs(wanted);
    if sites == 0 {
        return Err(
            format!("{limit} descriptors are too few: try ulimit -n {needs}").into()
        );
    }
    screen.line(&format!(
        "{limit} descriptors fit {sites} sites, not {wanted} (those: ulimit -n {needs})"
    ))?;
    Ok(())
}

fn fetch_and_tell(
    urls: &[Url],
    delay: Duration,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    // ANCHOR: measure
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let client = client_that_keeps_nothing(PATIENCE + delay)?;
    let resident_before = status("VmRSS");
    let cpu_before = stage::cpu_time();
    let began = Instant::now();
    let results = runtime.block_on(fetch_all(&client, urls))?;
    let total = began.elapsed();
    // ANCHOR_END: measure
    let cpu = stage::cpu_time();
    let threads = status("Threads");
    let resident = status("VmHWM"); // the most that there ever was

    if let Some(error) = results.iter().find_map(|result| result.as_ref().err()) {
        return Err(format!("{}: {error}", error.url).into());
    }
    let n = results.len();
    screen.line(&format!("{n} sites that wait {} ms each", delay.as_millis()))?;
    let ms = total.as_secs_f64() * 1e3;
    screen.line(&format!("  total             {ms:.0} ms"))?;
    let times = total.as_secs_f64() / delay.as_secs_f64();
    screen.line(&format!("  over the wait     {times:.2} times"))?;
    if let (Some(before), Some(after)) = (cpu_before, cpu) {
        let used = (after.saturating_sub(before)).as_secs_f64() * 1e3;
        screen.line(&format!("  CPU               {used:.0} ms"))?;
    }
    if let (Some(before), Some(most)) = (resident_before, resident) {
        let each = most.saturating_sub(before) as f64 / n as f64;
        screen.line(&format!("  memory            {each:.1} KiB a wait"))?;
    }
    if let Some(threads) = threads {
        screen.line(&format!("  threads           {threads}"))?;
    }
    Ok(())
}
