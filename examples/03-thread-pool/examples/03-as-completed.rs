//! Checks twelve services with ten workers, and says how each one is as soon as it is known.

use std::error::Error;
use std::panic;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use lab::command_line::{millis, number};
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use thread_pool::health::{Service, check_all, tally};
use thread_pool::{ThreadPool, client};

/// The services, and what the slow web has each of them do; nothing listens where there is no path.
///
/// The first ten begin at once, and end far enough apart to do so in one order. The last two wait until a worker is free.
const SERVICES: [(&str, &str); 12] = [
    ("login", "/delay/100"),
    ("search", "/delay/400"),
    ("maps", "/never"),
    ("payments", ""),
    ("cart", "/delay/200"),
    ("photos", "/delay/900"),
    ("mail", "/delay/300"),
    ("chat", "/delay/500"),
    ("news", "/delay/800"),
    ("weather", "/delay/600"),
    ("coupons", "/status/503"),
    ("print", "/empty"),
];

/// Checks the health of twelve services at once.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many services are asked at the same time
    #[arg(long, value_name = "N", default_value = "10", value_parser = number(1, 100))]
    workers: usize,

    /// An answer that takes longer is a slow one
    #[arg(long, value_name = "MS", default_value = "750", value_parser = millis(1, 60_000))]
    slow: Duration,

    /// When a service is given up
    #[arg(long, value_name = "MS", default_value = "1200", value_parser = millis(1, 60_000))]
    timeout: Duration,
}

fn main() -> ExitCode {
    // A panicking check is reported like every other: the default report, on standard error, would say it twice.
    panic::set_hook(Box::new(|_| ()));
    stage::show(report)
}

// ANCHOR: report
fn report(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let web = SlowWeb::builder().start()?;
    let services = SERVICES.map(|(name, path)| service(&web, name, path));
    let client = client(arguments.timeout)?;
    let pool = ThreadPool::new(arguments.workers)?;
    screen.line("12 services on a slow web, as they complete\n")?;

    let began = Instant::now();
    let mut verdicts = vec![None; services.len()];
    for (position, health) in check_all(&pool, &client, &services, arguments.slow) {
        let (ms, name) = (began.elapsed().as_millis(), &services[position].name);
        screen.line(&format!("{ms:>6} ms  {name:<10}{health}"))?;
        verdicts[position] = Some(health);
    }
    screen.line("")?;
    for line in tally(&services, &verdicts) {
        screen.line(&line)?;
    }
    Ok(())
}
// ANCHOR_END: report

fn service(web: &SlowWeb, name: &str, path: &str) -> Service {
    let url = if path.is_empty() { web.refused_url() } else { web.url(path) };
    Service { name: name.to_owned(), url }
}
