//! Fetches the same page very many times at once, in several ways: how close to the limit, and what the rest is.

use std::env;
use std::error::Error;
use std::io;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use asynchronous::many::{
    client_http2, client_that_keeps_nothing, fetch_all, fits, needs,
    raise_descriptor_limit, status,
};
use asynchronous::{Client, FetchErrorKind, Url, client};
use choosing::limit::{cpu_ms_of, fetch_all_by_hand};
use clap::{Parser, ValueEnum};
use lab::command_line::{millis, number};
use lab::slow_web::{Elsewhere, SlowWeb, serve_until_stdin_closes};
use lab::stage::{self, Screen};
use tokio::runtime::{self, Runtime};

/// Fetches a page very many times at once, in several ways.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many requests
    #[arg(long, value_name = "N", default_value = "4000", value_parser = number(1, 20_000))]
    requests: usize,
    /// How long the web waits before it answers
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis(1, 10_000))]
    wait: Duration,
    /// Only this way
    #[arg(long, value_name = "WAY")]
    only: Option<Way>,
    /// Be the slow web, until standard input closes
    #[arg(long, hide = true)]
    serve: bool,
    /// Measure the one way, in this process
    #[arg(long, hide = true)]
    here: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Way {
    /// A new connection for each request
    New,
    /// The same, on a thread for each core
    AllCores,
    /// Connections that an earlier round has opened
    Kept,
    /// One connection for all, with HTTP/2
    Http2,
    /// A new connection each, and no library: a socket
    Socket,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::New => "a connection each",
            Self::AllCores => "the same, on all cores",
            Self::Kept => "connections kept",
            Self::Http2 => "one connection, HTTP/2",
            Self::Socket => "a socket, by hand",
        }
    }

    fn runtime(self) -> io::Result<Runtime> {
        match self {
            Self::AllCores => Runtime::new(),
            _ => runtime::Builder::new_current_thread().enable_all().build(),
        }
    }

    fn client(self) -> Result<Client, FetchErrorKind> {
        Ok(match self {
            Self::Kept => client(TIMEOUT)?,
            Self::Http2 => client_http2(TIMEOUT)?,
            Self::New | Self::AllCores | Self::Socket => {
                client_that_keeps_nothing(TIMEOUT)?
            }
        })
    }

    async fn fetch_all(
        self,
        client: &Client,
        urls: &[Url],
    ) -> Result<(), Box<dyn Error>> {
        if self == Self::Socket {
            let url = urls.first().ok_or("no address")?;
            let site = url.socket_addrs(|| None)?[0];
            fetch_all_by_hand(site, url.path(), urls.len()).await?;
            return Ok(());
        }
        let results = fetch_all(client, urls).await?;
        results.into_iter().find_map(Result::err).map_or(Ok(()), Err)?;
        Ok(())
    }
}

/// How long a fetch may take: long enough for any machine.
const TIMEOUT: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| match arguments.only {
        _ if arguments.serve => {
            let web = SlowWeb::builder().sites([arguments.wait]);
            Ok(serve_until_stdin_closes(web)?)
        }
        Some(way) if arguments.here => measure(way, arguments, screen),
        _ => all(arguments, screen),
    })
}

fn all(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    // Told to the children by the limit itself, which they inherit.
    let limit = raise_descriptor_limit();
    let requests = fits(arguments.requests, limit);
    if requests < arguments.requests {
        let needs = needs(arguments.requests);
        let problem = format!("{limit} descriptors are too few: try ulimit -n {needs}");
        return Err(problem.into());
    }
    let ms = arguments.wait.as_millis();
    screen.line(&format!("{requests} requests at once, each of which waits {ms} ms"))?;
    screen.line("")?;
    screen.line("                                 CPU time a request    memory")?;
    screen.line(
        "                          total      client        web    a wait   connections",
    )?;
    for way in Way::value_variants() {
        if arguments.only.is_some_and(|only| only != *way) {
            continue;
        }
        // In a process of its own: memory that is free again stays with the process.
        let only = way.to_possible_value().ok_or("no such way")?;
        let mut this_way = this_program(arguments)?;
        let status = this_way.args(["--here", "--only", only.get_name()]).status()?;
        if !status.success() {
            return Err(format!("{}: that could not be measured", way.name()).into());
        }
    }
    Ok(())
}

fn measure(
    way: Way,
    arguments: &Arguments,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let (wait, n) = (arguments.wait, arguments.requests);
    let web = Elsewhere::start(this_program(arguments)?.arg("--serve"))?;
    let urls = vec![web.url("site-1"); n];
    let (runtime, client) = (way.runtime()?, way.client()?);
    let memory = status("VmRSS");
    if way == Way::Kept {
        runtime.block_on(way.fetch_all(&client, &urls))?;
    }

    let (cpu, cpu_of_web) = (stage::cpu_time(), cpu_ms_of(web.id()));
    let began = Instant::now();
    runtime.block_on(way.fetch_all(&client, &urls))?;
    let total = began.elapsed();
    let cpu = stage::cpu_time().zip(cpu).map(|(now, before)| now.saturating_sub(before));
    let cpu_of_web =
        cpu_ms_of(web.id()).zip(cpu_of_web).map(|(now, before)| now - before);
    // The most that there ever was, so it need not be caught at the right moment.
    let most = status("VmHWM");
    let memory = most.zip(memory).map(|(most, before)| most.saturating_sub(before));

    // The connections of the client are closed first, so that the web has nothing left to do.
    drop((client, runtime));
    let connections = web.end()?.connections;
    let each = |figure: Option<f64>, unit: &str| match figure {
        Some(figure) => format!("{:.1} {unit}", figure / n as f64),
        None => "unknown".to_owned(),
    };
    let times = total.as_secs_f64() / wait.as_secs_f64();
    screen.line(&format!(
        "{:<23} {times:6.2} times {:>10} {:>10} {:>9} {connections:>9}",
        way.name(),
        each(cpu.map(|cpu| cpu.as_secs_f64() * 1e6), "µs"),
        each(cpu_of_web.map(|ms| ms * 1e3), "µs"),
        each(memory.map(|kib| kib as f64), "KiB"),
    ))?;
    Ok(())
}

/// This program again.
fn this_program(arguments: &Arguments) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--requests", &arguments.requests.to_string()]);
    command.args(["--wait", &arguments.wait.as_millis().to_string()]);
    Ok(command)
}
