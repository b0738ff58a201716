//! `cargo run` opens the book in the browser; `cargo run -- build` only builds it; `cargo run -- record` runs its programs again
//! and keeps what they print.

use std::env;
use std::ffi::OsString;
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

use while_you_wait::run::{Limits, Runner, asked_to_end, keeper};
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
        /// Run nothing: draw the pictures of the recorded runs anew
        #[arg(long, conflicts_with = "names")]
        redraw: bool,
    },
    /// Run a command until standard input ends: what the reader runs programs by
    #[command(hide = true)]
    Keep {
        /// Where to put its standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
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

/// How long what runs for a page may take to be gone. It is killed, so that only a system in trouble needs this.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let cli: Cli = match parse() {
        Ok(cli) => cli,
        Err(exit_code) => return exit_code,
    };
    let done = match cli.command {
        Some(Command::Build { dest }) => build(dest),
        Some(Command::Record { names, redraw }) => record(&names, redraw),
        Some(Command::Keep { output, command }) => {
            return keeper::keep(&command, output.as_deref());
        }
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

fn record(names: &[String], redraw: bool) -> Result<()> {
    let root = root()?;
    let done = if redraw {
        record::redraw(&root, say)
    } else {
        record::record(&root, names, say)
    };
    done.map_err(|error| anyhow!(format!("{error:#}").replace(char::is_control, " ")))
}

fn read(listener: TcpListener, args: &ReadArgs) -> Result<()> {
    let root = root()?;
    let dest = build::default_dest(&root)?;
    let sources = watch::Sources::look(&root);
    build::build(&root, &dest)?;

    let myself = env::current_exe().context("cannot tell where the reader is")?;
    let runner = Runner::new(&root, &myself, Limits::default())?;
    let site = serve::Site::load(&dest, runner.token())?;
    let (sites, current) = channel::channel(Arc::new(site));
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
            asked = asked_to_end() => asked.context("cannot wait for Ctrl-C"),
            ended = async {
                print_address(&address).context("cannot print the address")?;
                if !args.no_open && has_display() && let Err(error) = open::that_detached(&address) {
                    complain(&format!("cannot open a browser: {error}"));
                }
                match serve::serve(listener, current, runner).await.context("cannot serve")? {}
            } => ended,
        }
    });
    // Open pages hold connections that never end by themselves: they are cut. What runs for a page is ended by that, and waited for.
    runtime.shutdown_timeout(PATIENCE);
    ended
}

/// Whether a browser could show itself. Without a display, Linux would open one in the terminal.
fn has_display() -> bool {
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
