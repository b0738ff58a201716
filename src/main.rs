//! `cargo run` opens the book in the browser; `cargo run -- build` only builds it; `cargo run -- record` runs its programs again
//! and keeps what they print.

use std::env;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Parser, Subcommand};
use lab::command_line::{complain, parse};
use tokio::runtime::Runtime;
use tokio::sync::watch as channel;

use while_you_wait::{build, record, serve, watch};

/// Read the book "While You Wait": build it, serve it on this machine only, and reload it when a source changes.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 80)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Build the book and stop
    Build {
        /// Where to put the book, instead of where book.toml says
        #[arg(long, value_name = "DIR")]
        dest: Option<PathBuf>,
    },
    /// Run the programs that the book shows, and keep what they print and draw
    Record {
        /// The recordings to make; without any, those that have changed
        names: Vec<String>,
    },
}

#[derive(Args)]
struct ReadArgs {
    /// The port to serve on, 0 for any; without this, the first free one from 3000 on
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Do not open the browser
    #[arg(long)]
    no_open: bool,
}

/// How often the sources are looked at: soon enough for somebody who saves and looks up.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli: Cli = match parse() {
        Ok(cli) => cli,
        Err(exit_code) => return exit_code,
    };
    let done = match cli.command {
        Some(Command::Build { dest }) => build(dest),
        Some(Command::Record { names }) => record(&names),
        None => match serve::listen(cli.read.port) {
            Ok(listener) => read(listener, &cli.read),
            Err(error) => {
                let port = cli.read.port.unwrap_or(serve::DEFAULT_PORT);
                complain(&format!("cannot serve on port {port}: {error}"));
                return ExitCode::from(2);
            }
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain_of_all(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// One line for the person at the terminal. Unlike `eprintln!`, no panic when nobody can read it.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A build can fail for several reasons at once, and shows what it cannot read: each line is a complaint.
fn complain_of_all(problems: &str) {
    problems.lines().filter(|line| !line.is_empty()).for_each(complain);
}

/// Prints where the book is. A pipe that nobody reads is no error: the book is still there for who knows the port.
fn print_address(address: &str) -> io::Result<()> {
    let mut out = io::stdout();
    match writeln!(out, "{address}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

fn root() -> Result<PathBuf> {
    build::find_root(&env::current_dir().context("cannot tell the current directory")?)
}

fn build(dest: Option<PathBuf>) -> Result<()> {
    let root = root()?;
    let dest = dest.map_or_else(|| build::default_dest(&root), Ok)?;
    build::build(&root, &dest)
}

fn record(names: &[String]) -> Result<()> {
    record::record(&root()?, names, say)
        .map_err(|error| anyhow!(format!("{error:#}").replace(char::is_control, " ")))
}

fn read(listener: TcpListener, args: &ReadArgs) -> Result<()> {
    let root = root()?;
    let dest = build::default_dest(&root)?;
    let sources = watch::Sources::look(&root);
    build::build(&root, &dest)?;

    let (sites, current) = channel::channel(Arc::new(serve::Site::load(&dest)?));
    thread::spawn(move || {
        watch::rebuild_on_change(&root, &dest, sources, POLL_INTERVAL, &sites, |built| {
            match built {
                Ok(()) => say("rebuilt"),
                Err(error) => {
                    complain_of_all(&format!(
                        "still serving the last good book: {error:#}"
                    ));
                }
            }
        });
    });

    let address = format!("http://{}/", listener.local_addr()?);
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(async {
        tokio::select! {
            // Polled first, so that Ctrl-C is ours before anybody can know that the reader is up.
            biased;
            interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for Ctrl-C"),
            ended = async {
                print_address(&address).context("cannot print the address")?;
                if !args.no_open && has_display() && let Err(error) = open::that_detached(&address) {
                    complain(&format!("cannot open a browser: {error}"));
                }
                serve::serve(listener, current).await.context("cannot serve")
            } => ended,
        }
    });
    // Open pages hold connections that never end by themselves: cut them.
    runtime.shutdown_background();
    ended
}

/// Whether a browser could show itself. Without a display, Linux would open one in the terminal.
fn has_display() -> bool {
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
