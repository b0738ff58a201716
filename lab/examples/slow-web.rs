//! Serves the slow web until Ctrl-C, for programs in any language.
//!
//! The first line that it prints is its address and nothing else: a program that starts it as a child reads that line.

use std::{
    io::{self, Write},
    process::ExitCode,
    thread,
    time::Duration,
};

use clap::Parser;
use lab::command_line::{self, SiteArguments, millis, number};
use lab::slow_web::{MAX_DELAY_MS, SPECIAL_PATHS, SlowWeb};

/// A web on 127.0.0.1 whose waits are known
#[derive(Parser)]
#[command(name = "slow-web", max_term_width = 80)]
struct Arguments {
    /// Where to listen; 0 is any free port
    #[arg(long, default_value_t = 8080)]
    port: u16,
    #[command(flatten)]
    sites: SiteArguments,
    /// How many requests are served at once; the others queue [default: no limit]
    #[arg(long, value_name = "N", value_parser = number(1, 1_000_000))]
    slots: Option<usize>,
    /// The fraction of requests that is answered 500, from 0 to 1
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    error_rate: f64,
    /// The size of an answer, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1024)]
    body_size: usize,
    /// No answer before so many requests wait together [default: none]
    #[arg(long, value_name = "N", value_parser = number(1, 1_000_000))]
    barrier: Option<usize>,
    /// How long a barrier waits before it answers 503, in milliseconds
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis(1, MAX_DELAY_MS))]
    barrier_deadline: Duration,
    /// End when standard input is closed, as it is when the parent process dies
    #[arg(long)]
    until_stdin_closes: bool,
}

fn main() -> ExitCode {
    let arguments: Arguments = match command_line::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let latencies = arguments.sites.latencies();

    let web = match start(&arguments, &latencies) {
        Ok(web) => web,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            return fail(&format!(
                "port {} is taken: choose another with --port, or 0 for any free one",
                arguments.port
            ));
        }
        Err(error) => return fail(&error.to_string()),
    };
    // A reader that has closed the pipe (`| head -1`) has what it wanted: the web is served all the same.
    let _ = print(&web, &latencies);

    if arguments.until_stdin_closes {
        // The end of the input and a failure to read it mean the same here.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        return ExitCode::SUCCESS;
    }
    loop {
        thread::park(); // until Ctrl-C
    }
}

fn start(arguments: &Arguments, latencies: &[Duration]) -> io::Result<SlowWeb> {
    let mut builder = SlowWeb::builder()
        .sites(latencies.iter().copied())
        .error_rate(arguments.error_rate)
        .body_size(arguments.body_size)
        .seed(arguments.sites.seed)
        .port(arguments.port);
    if let Some(slots) = arguments.slots {
        builder = builder.slots(slots);
    }
    if let Some(n) = arguments.barrier {
        builder = builder.barrier(n, arguments.barrier_deadline);
    }
    builder.start()
}

fn print(web: &SlowWeb, latencies: &[Duration]) -> io::Result<()> {
    const SHOWN: usize = 10;
    let mut out = io::stdout().lock();
    writeln!(out, "http://{}", web.address())?;
    out.flush()?; // in a pipe the line would wait in the buffer, and the parent with it

    writeln!(out)?;
    for (url, latency) in web.urls().iter().zip(latencies).take(SHOWN) {
        writeln!(out, "  {:16}  {} ms", url.path(), latency.as_millis())?;
    }
    if let Some(more @ 1..) = latencies.len().checked_sub(SHOWN) {
        writeln!(out, "  and {more} more, up to /site-{}", latencies.len())?;
    }
    writeln!(out)?;
    for (path, what) in SPECIAL_PATHS {
        writeln!(out, "  {path:16}  {what}")?;
    }
    out.flush()
}

fn fail(sentence: &str) -> ExitCode {
    command_line::complain(sentence);
    ExitCode::from(2)
}
