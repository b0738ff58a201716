//! What retries do to a server that is down, and to one that comes back.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::many::raise_descriptor_limit;
use asynchronous::retry::{Backoff, Budget, retry};
use asynchronous::{FetchError, FetchErrorKind, client, fetch};
use clap::Parser;
use fastrand::Rng;
use futures_util::future::join_all;
use lab::command_line::number;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::time::Instant;

/// Ten retries for each request, in percent: more than anybody asks for here.
const PLENTY: usize = 1_000;

/// Tries again, and counts what arrives at the server
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many clients fail at the same moment
    #[arg(long, value_name = "N", default_value = "100", value_parser = number(1, 1_000))]
    clients: usize,

    /// What the waits are drawn with
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        // Both ends of each connection are descriptors of this process.
        raise_descriptor_limit();
        let mut real = runtime::Builder::new_current_thread();
        real.enable_all().build()?.block_on(show_load(arguments, screen))?;
        // No network here. The clock stands still, and jumps to the next timer when all tasks wait.
        let mut paused = runtime::Builder::new_current_thread();
        let paused = paused.enable_time().start_paused(true).build()?;
        paused.block_on(show_herd(arguments, screen))
    })
}

/// How many requests a server that is down gets from so many clients.
async fn show_load(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let n = arguments.clients;
    let client = client(Duration::from_secs(10))?;
    screen.line(&format!("{n} fetches from a server that answers 503\n"))?;
    for (what, attempts, percent) in [
        ("one try each", 1, PLENTY),
        ("up to 4 tries", 4, PLENTY),
        ("up to 4, budget of a tenth", 4, 10),
    ] {
        let web = SlowWeb::builder().start()?;
        let url = &web.url("/status/503");
        let (base, cap) = (Duration::from_millis(10), Duration::from_millis(40));
        let backoff = &Backoff { base, cap, attempts, jitter: true };
        let (budget, client) = (&Budget::new(percent), &client);
        let fetches = (0..n as u64).map(async |seed| {
            let mut random = Rng::with_seed(arguments.seed ^ seed);
            retry(backoff, budget, &mut random, async || fetch(client, url).await).await
        });
        join_all(fetches).await;
        screen.line(&format!("  {what:<28}{:>4} requests", web.requests()))?;
    }
    Ok(())
}

/// When the retries arrive of clients that all failed at the same moment.
async fn show_herd(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let n = arguments.clients;
    let (base, cap) = (Duration::from_millis(100), Duration::from_secs(1));
    let mut ways = Vec::new();
    for jitter in [false, true] {
        let backoff = Backoff { base, cap, attempts: 4, jitter };
        ways.push(arrivals(n, backoff, arguments.seed).await);
    }
    screen.line(&format!("\n{n} clients fail at once; their retries arrive"))?;
    screen.line("             in step                        with full jitter")?;
    for begin in (0..750).step_by(50) {
        let cell = |arrivals: &Vec<Duration>| {
            let in_it = |at: &&Duration| at.as_millis() / 50 == begin / 50;
            let count = arrivals.iter().filter(in_it).count();
            let bar = "#".repeat((count * 25).div_ceil(n).min(25));
            format!("{count:>5} {bar:<25}")
        };
        let cells: Vec<String> = ways.iter().map(cell).collect();
        let line = format!("  {begin:>3} ms {}", cells.join(""));
        screen.line(line.trim_end())?;
    }
    let most = |arrivals: &Vec<Duration>| {
        let within = |from: &Duration| {
            let end = *from + Duration::from_millis(10);
            arrivals.iter().filter(|at| (*from..end).contains(at)).count()
        };
        arrivals.iter().map(within).max().unwrap_or(0)
    };
    let [in_step, jittered] = [most(&ways[0]), most(&ways[1])];
    screen.line(&format!(
        "\nmost of them within 10 ms: {in_step} in step, {jittered} with jitter"
    ))?;
    Ok(())
}

// ANCHOR: arrivals
/// When each retry arrives, of `n` clients that fail at once and go on failing.
async fn arrivals(n: usize, backoff: Backoff, seed: u64) -> Vec<Duration> {
    let began = Instant::now();
    let budget = &Budget::new(PLENTY);
    let clients = (0..n as u64).map(async |client| {
        let mut random = Rng::with_seed(seed ^ client);
        let mut tries = Vec::new();
        let _ = retry(&backoff, budget, &mut random, async || {
            tries.push(began.elapsed());
            down()
        })
        .await;
        tries.into_iter().skip(1).collect::<Vec<_>>() // the first was no retry
    });
    join_all(clients).await.concat()
}
// ANCHOR_END: arrivals

fn down() -> Result<(), FetchError> {
    let kind = FetchErrorKind::Status(503);
    let url = asynchronous::Url::parse("http://down.example/");
    match url {
        Ok(url) => Err(FetchError { url, elapsed: Duration::ZERO, kind }),
        Err(_) => Ok(()),
    }
}
