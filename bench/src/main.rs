//! The measured comparison: the same work in every model and both languages, in one run.
//!
//! ```text
//! cargo run --release -p bench -- full --python .venv/bin/python
//! ```
//!
//! Every row of a table is a process of its own, started in turn with the others of that table (A B A B), so that a machine that
//! drifts does so for all of them. [`matrix`] says what is measured, [`row`] does the Rust half of it, `python/rows.py` the other;
//! [`sampled`] takes what a process took. What comes of it are two files, `runs.csv` and `about.json`, and all else is made of these.

mod compare;
mod derived;
mod figures;
mod interpreters;
mod labels;
mod matrix;
mod measure;
mod numbers;
mod plots;
#[cfg(test)]
mod rendered;
mod row;
mod sampled;
mod tables;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use choosing::measured::Measured;
use clap::{Args, Parser, Subcommand};
use lab::command_line::{self, complain, number};
use lab::slow_web::{Latency, SlowWeb, serve_until_stdin_closes};

/// Measures the same work in every model and both languages
#[derive(Debug, Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure all of it: about half an hour
    Full(Measure),
    /// The same tables, small: to see that all of it works, in less than two minutes
    Quick(Measure),
    /// Make the tables, figures and pictures of a folder again, from its runs.csv and about.json
    Render { folder: PathBuf },
    /// Set a measurement beside another one
    Compare {
        yours: PathBuf,
        /// What to compare it with [default: what the book shows]
        #[arg(long, value_name = "FOLDER")]
        with: Option<PathBuf>,
    },
    /// Be one row
    #[command(hide = true)]
    Row {
        #[command(subcommand)]
        row: row::Row,
    },
    /// Be the slow web, until standard input closes
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        slots: Option<usize>,
        latencies_ms: Vec<u64>,
    },
    /// Be a process that does nothing
    #[command(hide = true)]
    Idle,
}

#[derive(Debug, Args)]
pub(crate) struct Measure {
    /// An interpreter to measure too; may be given several times, and the first one has the libraries. Without any,
    /// only Rust is measured
    #[arg(long, value_name = "FILE")]
    python: Vec<PathBuf>,
    /// Counted runs of each row, after one that warms up [default: 5; quick: 1]
    #[arg(long, value_name = "N", value_parser = number(1, 1_000))]
    runs: Option<usize>,
    /// Only these tables; a name that ends with - stands for all that begin so
    #[arg(long, value_name = "TABLE")]
    table: Vec<String>,
    /// Where to write
    #[arg(long, value_name = "FOLDER", default_value = "target/bench")]
    out: PathBuf,
    /// Fail where something cannot be run, in place of leaving it out
    #[arg(long)]
    strict: bool,
    /// Set it beside an earlier measurement [default: what the book shows]
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = RECORDED)]
    compare: Option<PathBuf>,
}

fn main() -> ExitCode {
    // The workers of a row are this program too.
    if let Some(code) = processes::work_if_asked(&row::TASKS) {
        return code;
    }
    let arguments: Arguments = match command_line::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match arguments.command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => give_up(&format!("{error:#}")),
    }
}

/// Says why, and ends the process: whatever its threads wait for.
pub(crate) fn give_up(why: &str) -> ! {
    complain(why);
    process::exit(1)
}

impl Command {
    fn run(self) -> Result<()> {
        match self {
            Self::Full(measure) => measure.run(&matrix::FULL, 5),
            Self::Quick(measure) => measure.run(&matrix::QUICK, 1),
            Self::Render { folder } => write_all(&folder, &render(&read(&folder)?)?),
            Self::Compare { yours, with } => {
                let theirs = with.unwrap_or_else(|| RECORDED.into());
                say(&compare::compare(&read(&theirs)?, &read(&yours)?))
            }
            Self::Row { row } => say(&serde_json::to_string(&row.run()?)?),
            Self::Serve { slots, latencies_ms } => Ok(serve(slots, &latencies_ms)?),
            Self::Idle => row::idle(),
        }
    }
}

impl Measure {
    fn run(&self, scale: &matrix::Scale, runs: usize) -> Result<()> {
        // What would fail at the end fails now: half an hour may lie between. And what is compared with may be written over.
        write_all(&self.out, &[])?;
        let theirs = self.compare.as_deref().map(read);
        let theirs = theirs.transpose()?;
        let measured = measure::measure(self, scale, self.runs.unwrap_or(runs))?;
        write_all(&self.out, &data(&measured)?)?;
        write_all(&self.out, &render(&measured)?)?;
        say(&format!("written to {}", self.out.display()))?;
        theirs.map_or(Ok(()), |theirs| say(&compare::compare(&theirs, &measured)))
    }
}

/// Where the book keeps what it shows.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../book/recorded/bench");

/// The root of the book.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn serve(slots: Option<usize>, latencies_ms: &[u64]) -> io::Result<()> {
    asynchronous::many::raise_descriptor_limit();
    let mut web = SlowWeb::builder();
    for (n, ms) in (1..).zip(latencies_ms) {
        let latency = Latency::Constant(Duration::from_millis(*ms));
        web = web.site(format!("site-{n}"), latency);
    }
    if let Some(slots) = slots {
        web = web.slots(slots);
    }
    serve_until_stdin_closes(web)
}

fn read(folder: &Path) -> Result<Measured> {
    let open = |name| {
        let file = folder.join(name);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    };
    let (about, runs) = (open("about.json")?, open("runs.csv")?);
    Measured::parse(&about, runs.as_bytes())
        .map_err(|error| anyhow!("{}: {error}", folder.display()))
}

/// The two files that a measurement can be read from: name and text.
fn data(measured: &Measured) -> Result<Vec<(String, String)>> {
    Ok(vec![
        ("runs.csv".to_owned(), measured.runs_csv().map_err(|error| anyhow!(error))?),
        ("about.json".to_owned(), measured.about_json().map_err(|error| anyhow!(error))?),
    ])
}

/// Everything that is made of a measurement, its data among it: name and text.
fn render(measured: &Measured) -> Result<Vec<(String, String)>> {
    let mut files = data(measured)?;
    files.push(("figures.md".to_owned(), figures::draw(measured)));
    files.extend(tables::draw(measured));
    files.extend(plots::draw(measured).map_err(|error| anyhow!("{error}"))?);
    Ok(files)
}

/// Writes each file whole or not at all.
fn write_all(folder: &Path, files: &[(String, String)]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, text) in files {
        let file = folder.join(name);
        let problem = || format!("cannot write {}", file.display());
        let mut scratch =
            tempfile::NamedTempFile::new_in(folder).with_context(problem)?;
        scratch.write_all(text.as_bytes()).with_context(problem)?;
        scratch.persist(&file).with_context(problem)?;
    }
    Ok(())
}

pub(crate) fn say(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush())?;
    Ok(())
}
