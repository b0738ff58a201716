//! Keeps what the programs of the book really print and draw.
//!
//! A recording is a file `book/recorded/NAME.txt`. Its first line is the command, after `$ ` (a line that ends with `\` goes on in
//! the next); the rest is what the command printed. For a program on the lab's stage, `NAME.json` is that same run as data and `NAME.svg` the picture drawn from it.
//! Another program can draw too: what it writes to the file that `WHILE_YOU_WAIT_SVG` names is kept as `NAME.svg`.
//! There is no other list: to add a recording, write a `NAME.txt` with the first line only, and record.
//!
//! No two runs take the same milliseconds. What two runs must have in common is their [`Shape`]; a recording whose shape still
//! holds is left as it is, so that recording again changes as little as possible.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use lab::machine::{describe, version};
use lab::stage::{Report, Run};
use lab::timeline::Structure;

use crate::programs::{Programs, python};

/// The folder of the recordings, below the root of the book.
pub const FOLDER: &str = "book/recorded";

/// A recorded run: what a page shows, and the data behind it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The command, as a reader would type it at the root of the workspace; perhaps over several lines.
    pub command: String,
    /// What it printed, to standard output and standard error, the port of the slow web replaced.
    pub output: String,
    /// The same run as data, for programs on the lab's stage.
    pub run: Option<Run>,
    /// The picture that the same run drew by itself, for a program that draws and is not on the stage.
    pub picture: Option<String>,
}

/// What two runs of one command have in common, whatever the clock said.
#[derive(Debug, PartialEq)]
pub struct Shape {
    lines: Vec<String>,
    run: Option<RunShape>,
    draws: bool,
}

#[derive(Debug, PartialEq)]
struct RunShape {
    program: String,
    peak_in_flight: Option<usize>,
    threads: usize,
    /// Without how long each took.
    results: Vec<Report>,
    structure: Structure,
}

impl Recording {
    /// Runs `command` at the root of the workspace, to its end.
    ///
    /// # Errors
    /// When the command cannot be run, or its run cannot be read. A program that ends with an exit code other than 0 is
    /// recorded as it is: failing may be what a page shows.
    pub fn make(programs: &Programs, command: &str) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let (run_file, picture_file) =
            (scratch.path().join("run.json"), scratch.path().join("picture.svg"));
        let mut child = programs.command(command)?;
        child
            .env("WHILE_YOU_WAIT_RUN", &run_file)
            .env("WHILE_YOU_WAIT_SVG", &picture_file);
        // One pipe for both, so that what was printed stays in the order in which it was printed.
        let (mut output, into) = io::pipe()?;
        child.stdout(into.try_clone()?).stderr(into);
        let mut running =
            child.spawn().with_context(|| format!("cannot run {command}"))?;
        // The command still holds the writing end; reading would never come to an end.
        drop(child);
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes)?;
        running.wait()?;

        let run = match read_if_there(&run_file)? {
            Some(json) => Some(serde_json::from_str(&without_port(&json))?),
            None => None,
        };
        let picture = read_if_there(&picture_file)?.map(|svg| without_port(&svg));
        let output =
            without_port(std::str::from_utf8(&bytes).context("the output is not UTF-8")?);
        Ok(Self { command: command.to_owned(), output, run, picture })
    }

    /// Reads the recording called `name`.
    ///
    /// # Errors
    /// When a file of it cannot be read, or the first line is no command.
    pub fn read(root: &Path, name: &str) -> Result<Self> {
        let path = file(root, name, "txt");
        let text =
            fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let lines = text.lines().take_while(|line| line.ends_with('\\')).count() + 1;
        let end = text.split_inclusive('\n').take(lines).map(str::len).sum();
        let (first, output) = text.split_at(end);
        let command = first.trim_end().strip_prefix("$ ").with_context(|| {
            format!("{}: the first line is not `$ COMMAND`", path.display())
        })?;
        let json = file(root, name, "json");
        let run = match read_if_there(&json)? {
            Some(text) => Some(
                serde_json::from_str(&text)
                    .with_context(|| json.display().to_string())?,
            ),
            None => None,
        };
        // The picture of a run on the stage is drawn from its data.
        let picture = match run {
            Some(_) => None,
            None => read_if_there(&file(root, name, "svg"))?,
        };
        Ok(Self { command: command.to_owned(), output: output.to_owned(), run, picture })
    }

    /// The files of this recording, by ending, as they stand in the folder under `name`.
    ///
    /// # Errors
    /// When the run cannot be put as JSON.
    pub fn files(&self, name: &str) -> Result<Vec<(&'static str, String)>> {
        let mut files = vec![("txt", format!("$ {}\n{}", self.command, self.output))];
        if let Some(run) = &self.run {
            files.push(("json", serde_json::to_string_pretty(run)? + "\n"));
            files.push(("svg", run.to_svg(name)));
        } else if let Some(picture) = &self.picture {
            files.push(("svg", picture.clone()));
        }
        Ok(files)
    }

    /// What this run must have in common with every other run of the same command.
    pub fn shape(&self) -> Shape {
        let run = self.run.as_ref().map(|run| RunShape {
            program: run.program.clone(),
            peak_in_flight: run.peak_in_flight,
            threads: run.threads,
            results: run
                .results
                .iter()
                .cloned()
                .map(|r| Report { elapsed_ms: 0.0, ..r })
                .collect(),
            structure: run.spans.structure(),
        });
        let mut output = self.output.clone();
        if let Some(run) = &self.run {
            // The drawing says nothing that the data does not say. Whose row comes first among threads is luck.
            output = output.replace(&run.drawing(), "");
        }
        let mut lines: Vec<String> = output.lines().filter_map(line_shape).collect();
        if self.run.as_ref().is_some_and(|run| run.threads > 1) {
            // Which of several threads is done first is told by the structure, where it must not be luck. Their lines are those
            // that were printed while it ran, and are indented.
            let is_result = |line: &&str| line.starts_with("  ");
            let first = output.lines().take_while(|line| !is_result(line)).count();
            let results = output.lines().filter(is_result).count();
            if let Some(results) = lines.get_mut(first..first + results) {
                results.sort();
            }
        }
        Shape { lines, run, draws: self.picture.is_some() }
    }
}

/// What a figure is followed by, if another run gives another one.
const UNITS: [&str; 19] = [
    "ms",
    "s",
    "µs",
    "ns",
    "%",
    "/s",
    "times",
    "MiB",
    "KiB",
    "B",
    "lost",
    "busy",
    "cores",
    "descriptors",
    "ports",
    "connections",
    "addresses",
    "queued",
    "held",
];

/// A line with every figure that was measured and the length of every bar left out; nothing for a line that begins with a bar,
/// which is a verdict about times, and for one that names the interpreter of a Python twin, which is another one elsewhere.
fn line_shape(line: &str) -> Option<String> {
    let is_bar = |c| "█▒░".contains(c);
    if line.starts_with(is_bar) || line.starts_with("CPython ") {
        return None;
    }
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || is_bar(c))
        .filter(|word| !word.is_empty())
        .collect();
    let mut shape = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let is_number = word.parse::<f64>().is_ok();
        let is_measured = words.get(i + 1).is_some_and(|unit| {
            UNITS.contains(&unit.trim_end_matches([',', '.', ':', ';']))
        });
        shape.push(if is_number && is_measured { "#" } else { word });
    }
    // Told on Unix only.
    Some(shape.join(" ").replace(", # ms of CPU", ""))
}

/// The slow web takes any free port, another one each time.
fn without_port(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("127.0.0.1:PORT");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// The names of all recordings, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn names(root: &Path) -> Result<BTreeSet<String>> {
    let folder = root.join(FOLDER);
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if let (Some(stem), Some("txt")) = (
            path.file_stem().and_then(|stem| stem.to_str()),
            path.extension().and_then(|e| e.to_str()),
        ) {
            names.insert(stem.to_owned());
        }
    }
    names.remove("machine");
    Ok(names)
}

/// Records again: the recordings that are named, or else all. `said` is told what became of each, a line each.
///
/// A recording whose shape holds and that was made on this machine is left as it is, unless it is named.
///
/// # Errors
/// When a recording cannot be made or written, or is named and the others were made on another machine.
pub fn record(root: &Path, wanted: &[String], mut said: impl FnMut(&str)) -> Result<()> {
    let known = names(root)?;
    if let Some(unknown) = wanted.iter().find(|name| !known.contains(*name)) {
        bail!(
            "no recording is called {unknown}; write its command, `$ ...`, into {}",
            file(root, unknown, "txt").display()
        );
    }
    let machine = machine(root);
    let machine_file = file(root, "machine", "txt");
    let same_machine =
        fs::read_to_string(&machine_file).is_ok_and(|recorded| recorded == machine);
    ensure!(
        wanted.is_empty() || same_machine,
        "the other recordings were made on another machine or with another compiler: record all of them"
    );
    let programs = Programs::build(root)?;
    for name in known.iter().filter(|name| wanted.is_empty() || wanted.contains(name)) {
        let old = Recording::read(root, name)?;
        let new = Recording::make(&programs, &old.command)?;
        if wanted.is_empty() && same_machine && old.shape() == new.shape() {
            said(&format!("{name}: unchanged"));
            continue;
        }
        for (ending, text) in new.files(name)? {
            write(&file(root, name, ending), &text)?;
        }
        said(&format!("{name}: recorded"));
    }
    write(&machine_file, &machine)
}

/// Writes again the files of every recording that its data give another text for, and runs nothing: after a change to the
/// drawing, the runs are the same. `said` is told of each that changed, a line each.
///
/// # Errors
/// When a recording cannot be read or written.
pub fn redraw(root: &Path, mut said: impl FnMut(&str)) -> Result<()> {
    for name in names(root)? {
        for (ending, text) in Recording::read(root, &name)?.files(&name)? {
            let path = file(root, &name, ending);
            if read_if_there(&path)?.as_ref() != Some(&text) {
                write(&path, &text)?;
                said(&format!("{name}.{ending}: drawn anew"));
            }
        }
    }
    Ok(())
}

/// What every figure of the book was measured on: a text for a page.
fn machine(root: &Path) -> String {
    let python = python(root).and_then(|python| version(&python.to_string_lossy()));
    let python = python.unwrap_or_else(|| "no Python".to_owned());
    let mut described = describe();
    if let Some((_, compiler)) = described.iter_mut().find(|(what, _)| what == "compiler")
    {
        compiler.push_str(", profile dev of this workspace");
    }
    described.push(("python".to_owned(), python));
    let lines: Vec<String> =
        described.iter().map(|(what, which)| format!("{what:<10}{which}\n")).collect();
    lines.concat()
}

/// The text of a file, or nothing where there is none.
fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn file(root: &Path, name: &str, ending: &str) -> PathBuf {
    root.join(FOLDER).join(format!("{name}.{ending}"))
}

/// Writes a whole file or none: a full disk must not leave half a recording.
fn write(path: &Path, text: &str) -> Result<()> {
    let scratch = path.with_extension("new");
    fs::write(&scratch, text)
        .and_then(|()| fs::rename(&scratch, path))
        .inspect_err(|_| drop(fs::remove_file(&scratch)))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{line_shape, without_port};

    #[test]
    fn times_and_bars_are_left_out_of_a_line_and_nothing_else() {
        let shape = |line| line_shape(line).unwrap_or_default();
        assert_eq!(shape("site-1 121 ms ████░░  █ thread 1"), "site-1 # ms thread 1");
        assert_eq!(
            shape("site-1 9.8 ms █ thread 1"),
            shape("  site-1   14 ms   ██  thread 1")
        );
        assert_ne!(
            shape("site-1 121 ms 200, 1024 bytes"),
            shape("site-1 121 ms 200, 1025 bytes")
        );
        assert_ne!(
            shape("1 thread, at most 1 in flight"),
            shape("1 thread, at most 5 in flight")
        );
        assert_eq!(shape("1 thread, 12 ms of CPU, 1 failed"), "1 thread, 1 failed");
        assert_eq!(line_shape("░░░░ waiting"), None);
    }

    #[test]
    fn the_port_is_left_out() {
        assert_eq!(
            without_port("http://127.0.0.1:4711/a 127.0.0.1:1."),
            "http://127.0.0.1:PORT/a 127.0.0.1:PORT."
        );
        assert_eq!(without_port("no address"), "no address");
    }
}
