//! What a wait costs in memory: as a timer, a request, a thread.

use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use asynchronous::many::{
    buffer_across_the_wait, buffer_before_the_wait, client_that_keeps_nothing, fetch_all,
    fits, joined_timers, needs, raise_descriptor_limit, sleeping_threads, spawned_timers,
    status,
};
use asynchronous::{Url, fetch};
use clap::{Parser, ValueEnum};
use lab::command_line::{millis, number};
use lab::slow_web::{Elsewhere, SlowWeb, serve_until_stdin_closes};
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::time::Sleep;

/// Measures what a wait costs in memory.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many timers
    #[arg(long, value_name = "N", default_value = "100000", value_parser = number(1, 1_000_000))]
    timers: usize,
    /// How many requests
    #[arg(long, value_name = "N", default_value = "2000", value_parser = number(1, 20_000))]
    requests: usize,
    /// How many threads
    #[arg(long, value_name = "N", default_value = "2000", value_parser = number(1, 10_000))]
    threads: usize,
    /// How long each of them waits
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis(1, 10_000))]
    wait: Duration,
    /// Only that, in this process
    #[arg(long, hide = true)]
    only: Option<What>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    Joined,
    Spawned,
    Requests,
    Threads,
    Serve,
}

/// How long the web waits for all to ask, before it tells them that they did not.
const PATIENCE: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| match arguments.only {
        None => all(arguments, screen),
        Some(What::Serve) => Ok(serve(arguments)?),
        Some(what) => measure(what, arguments, screen),
    })
}

fn all(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    // Told to the children by the limit itself, which they inherit.
    let limit = raise_descriptor_limit();
    let requests = fits(arguments.requests, limit);
    if requests == 0 {
        let needs = needs(arguments.requests);
        let problem = format!("{limit} descriptors are too few: try ulimit -n {needs}");
        return Err(problem.into());
    }
    let arguments = &Arguments { requests, ..*arguments };
    sizes(screen)?;
    screen.line("")?;
    let ms = arguments.wait.as_millis();
    screen
        .line(&format!("waits of {ms} ms, all at once       memory each      total"))?;
    for what in [What::Joined, What::Spawned, What::Requests, What::Threads] {
        // In a process of its own: memory that is free again stays with the process.
        let status = this_program(what, arguments)?.status()?;
        if !status.success() {
            return Err("that could not be measured".into());
        }
    }
    Ok(())
}

// ANCHOR: sizes
fn sizes(screen: &Screen) -> Result<(), Box<dyn Error>> {
    let client = client_that_keeps_nothing(PATIENCE)?;
    let url = Url::parse("http://localhost/")?;
    screen.line("the size of a future")?;
    for (what, bytes) in [
        ("fetch", size_of_val(&fetch(&client, &url))),
        ("sleep", size_of::<Sleep>()), // to make one takes a runtime
        ("a buffer before the wait", size_of_val(&buffer_before_the_wait())),
        ("a buffer across the wait", size_of_val(&buffer_across_the_wait())),
    ] {
        screen.line(&format!("  {what:<24} {bytes:6} B"))?;
    }
    Ok(())
}
// ANCHOR_END: sizes

fn measure(
    what: What,
    arguments: &Arguments,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let wait = arguments.wait;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let client = client_that_keeps_nothing(PATIENCE + wait)?;
    let web = match what {
        What::Requests => {
            Some(Elsewhere::start(&mut this_program(What::Serve, arguments)?)?)
        }
        _ => None,
    };

    let before = status("VmRSS");
    let began = Instant::now();
    let (n, name) = match what {
        What::Joined => {
            runtime.block_on(joined_timers(arguments.timers, wait));
            (arguments.timers, "timers in one task")
        }
        What::Spawned => {
            runtime.block_on(spawned_timers(arguments.timers, wait));
            (arguments.timers, "timers, a task each")
        }
        What::Requests => {
            let urls =
                vec![web.as_ref().ok_or("no web")?.url("site-1"); arguments.requests];
            let results = runtime.block_on(fetch_all(&client, &urls))?;
            let failed = results.into_iter().find_map(Result::err);
            failed.map_or(Ok(()), Err)?;
            (arguments.requests, "requests")
        }
        What::Threads | What::Serve => {
            sleeping_threads(arguments.threads, wait)?;
            (arguments.threads, "threads")
        }
    };
    let times = began.elapsed().as_secs_f64() / wait.as_secs_f64();
    // VmHWM is the most that there ever was, so it need not be caught at the right moment.
    let each = match (before, status("VmHWM")) {
        (Some(before), Some(most)) => {
            format!("{:8.2} KiB", most.saturating_sub(before) as f64 / n as f64)
        }
        _ => "not measured".to_owned(),
    };
    screen.line(&format!("  {n:6} {name:<24} {each:>12} {times:8.2} times"))?;
    Ok(())
}

/// A site that answers nobody before all have asked.
fn serve(arguments: &Arguments) -> std::io::Result<()> {
    let web = SlowWeb::builder().sites([arguments.wait]);
    serve_until_stdin_closes(web.barrier(arguments.requests, PATIENCE))
}

/// This program again, for one thing only.
fn this_program(what: What, arguments: &Arguments) -> std::io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    let name = what.to_possible_value();
    let name = name.as_ref().map_or("", |value| value.get_name());
    command.args(["--only", name]);
    for (option, n) in [
        ("--timers", arguments.timers),
        ("--requests", arguments.requests),
        ("--threads", arguments.threads),
    ] {
        command.args([option, &n.to_string()]);
    }
    command.args(["--wait", &arguments.wait.as_millis().to_string()]);
    Ok(command)
}
