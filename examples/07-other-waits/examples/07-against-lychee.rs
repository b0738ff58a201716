//! Our link checker and lychee on the same folder, in turn: what they find, and what it takes.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};
use serde_json::Value;
use wait4::Wait4 as _;

/// Where the built book is, and where its sources are.
const FOLDERS: [&str; 2] = ["target/book", "book"];

/// Where the checks of this book have lychee.
const TOOLS: &str = ".tools/bin";

/// Checks the links of a folder with the checker of this chapter and with lychee, and measures both
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// The folder [default: target/book, or else book]
    folder: Option<PathBuf>,

    /// How often to run each, after one run to warm up
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 100))]
    runs: usize,

    /// Our checker, where it was built otherwise than this program
    #[arg(long, value_name = "FILE")]
    ours: Option<PathBuf>,

    /// Where lychee is [default: .tools/bin/lychee, or else the one in PATH]
    #[arg(long, value_name = "FILE")]
    lychee: Option<PathBuf>,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let folder = folder(arguments.folder.as_deref())?;
        let ours = ours(&folder, arguments.ours.as_deref())?;
        let mut tools = [ours, lychee(&folder, arguments.lychee.as_deref())?];
        let runs = match arguments.runs {
            1 => "one run".to_owned(),
            runs => format!("{runs} runs"),
        };
        screen.line(&format!("{runs} of each, in turn, after one to warm up\n"))?;

        let mut measured = Vec::new();
        for tool in &mut tools {
            let (_, output) = run(tool)?;
            measured.push((count(tool, &output)?, Vec::new()));
        }
        for _ in 0..arguments.runs {
            for (tool, (_, taken)) in tools.iter_mut().zip(&mut measured) {
                taken.push(run(tool)?.0);
            }
        }
        show(screen, &tools, measured)
    })
}

fn folder(given: Option<&Path>) -> Result<PathBuf, Box<dyn Error>> {
    let default = || FOLDERS.iter().map(Path::new).find(|folder| folder.is_dir());
    let folder = given.or_else(default).ok_or("there is no book here: name a folder")?;
    let failed = |error| format!("{}: {error}", folder.display());
    let found = folder.canonicalize().map_err(failed)?;
    if !found.is_dir() {
        return Err(format!("{}: no folder", folder.display()).into());
    }
    Ok(found)
}

/// A program to measure.
struct Tool {
    name: String,
    command: Command,
    /// The exit codes of a run that came to its end.
    ended: [i32; 2],
    /// What its report says.
    count: fn(&Value) -> Option<Counts>,
}

/// What a tool has found.
#[derive(Debug, Clone, Copy)]
struct Counts {
    links: usize,
    broken: usize,
}

/// The tool of this chapter; by default the one that lies beside this program.
fn ours(folder: &Path, given: Option<&Path>) -> Result<Tool, Box<dyn Error>> {
    let name = format!("07-link-checker{}", env::consts::EXE_SUFFIX);
    let file = given.map_or(env::current_exe()?.with_file_name(name), Path::to_owned);
    if !file.is_file() {
        return Err(format!("{}: not built", file.display()).into());
    }
    let is_release = file.components().any(|part| part.as_os_str() == "release");
    let name = if is_release { "ours, release" } else { "ours, debug" }.to_owned();
    let mut command = Command::new(file);
    command.args(["--offline", "--format", "json", "--root-dir"]).args([folder, folder]);
    Ok(Tool { name, command, ended: [0, 1], count: count_ours })
}

// ANCHOR: equal
/// The same job: files only, fragments too, and the kinds of pages that ours reads.
fn lychee(folder: &Path, given: Option<&Path>) -> Result<Tool, Box<dyn Error>> {
    let file = find_lychee(given).ok_or("lychee is not installed (see lychee.cli.rs)")?;
    let version = Command::new(&file).arg("--version").output()?;
    let name = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let mut command = Command::new(file);
    command
        .args(["--offline", "--include-fragments=anchor-only", "--format", "json"])
        .args(["--index-files", "index.html", "--no-progress", "--no-ignore"])
        .args(["--extensions", "html,htm,md,markdown", "--root-dir"])
        .args([folder, folder]);
    Ok(Tool { name, command, ended: [0, 2], count: count_lychee })
}
// ANCHOR_END: equal

fn find_lychee(given: Option<&Path>) -> Option<PathBuf> {
    if let Some(file) = given {
        return file.is_file().then(|| file.to_owned());
    }
    let name = format!("lychee{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [PathBuf::from(TOOLS)].into_iter().chain(env::split_paths(&path));
    folders.map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// What one run took.
#[derive(Debug, Clone, Copy)]
struct Taken {
    wall: Duration,
    cpu: Duration,
    /// The most memory at once, in bytes.
    memory: u64,
}

// ANCHOR: run
/// Runs a tool to its end. Returns what it took, and what it printed.
fn run(tool: &mut Tool) -> Result<(Taken, String), Box<dyn Error>> {
    // A file and no pipe: nobody has to read while it runs.
    let mut output = tempfile::tempfile()?;
    tool.command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(Stdio::null());
    let began = Instant::now();
    let used = tool.command.spawn()?.wait4()?;
    let wall = began.elapsed();
    if !used.status.code().is_some_and(|code| tool.ended.contains(&code)) {
        return Err(format!("{} ended with {}", tool.name, used.status).into());
    }
    let cpu = used.rusage.utime + used.rusage.stime;
    Ok((Taken { wall, cpu, memory: used.rusage.maxrss }, read(&mut output)?))
}
// ANCHOR_END: run

fn read(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

fn count(tool: &Tool, output: &str) -> Result<Counts, Box<dyn Error>> {
    let report = serde_json::from_str(output)?;
    (tool.count)(&report)
        .ok_or_else(|| format!("{}: an unknown report", tool.name).into())
}

fn count_ours(report: &Value) -> Option<Counts> {
    let (mut links, mut broken) = (0, 0);
    for checked in report["addresses"].as_object()?.values() {
        let here = checked["places"].as_array()?.len();
        links += here;
        broken += match checked["outcome"]["is"].as_str()? {
            "broken" => here,
            "no-fragment" => {
                let places = checked["outcome"]["fragments"].as_object()?.values();
                places.filter_map(Value::as_array).map(Vec::len).sum()
            }
            _ => 0,
        };
    }
    Some(Counts { links, broken })
}

fn count_lychee(report: &Value) -> Option<Counts> {
    let number = |name: &str| usize::try_from(report[name].as_u64()?).ok();
    Some(Counts { links: number("total")?, broken: number("errors")? })
}

fn show(
    screen: &Screen,
    tools: &[Tool],
    measured: Vec<(Counts, Vec<Taken>)>,
) -> Result<(), Box<dyn Error>> {
    screen.line(&format!(
        "{:<16}{:>7}{:>8}{:>11}{:>10}{:>10}{:>9}{:>8}",
        "", "links", "broken", "median", "least", "most", "CPU", "memory"
    ))?;
    for (tool, (counts, mut taken)) in tools.iter().zip(measured) {
        taken.sort_by_key(|taken| taken.wall);
        let (least, most) = (taken[0].wall, taken[taken.len() - 1].wall);
        let Taken { wall, cpu, memory } = taken[taken.len() / 2];
        let ms = |time: Duration| format!("{} ms", time.as_millis());
        screen.line(&format!(
            "{:<16}{:>7}{:>8}{:>11}{:>10}{:>10}{:>9}{:>4} MiB",
            tool.name,
            counts.links,
            counts.broken,
            ms(wall),
            ms(least),
            ms(most),
            ms(cpu),
            memory.div_ceil(1024 * 1024),
        ))?;
    }
    if tools.iter().any(|tool| tool.name.ends_with("debug")) {
        screen.line("\nOurs is not optimised here: for times, build with --release.")?;
    }
    Ok(())
}
