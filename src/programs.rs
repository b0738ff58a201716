//! The programs of the book: every example of the workspace, built.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Where the words of a command find a program that is built.
const BUILT: &str = "target/debug/examples/";

/// The programs of the book by name, each with the file to run.
#[derive(Debug, Clone)]
pub struct Programs {
    root: PathBuf,
    files: BTreeMap<String, PathBuf>,
}

impl Programs {
    /// Builds every example of the default members of the workspace at `root`, as `cargo run --example` would.
    ///
    /// # Errors
    /// When cargo cannot be run, or an example does not build; cargo's own messages have then been printed.
    pub fn build(root: &Path) -> Result<Self> {
        let output = cargo_build(root)
            .args(["--quiet", "--examples"])
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!("the programs of the book do not build");
        }
        Ok(Self::new(root, &String::from_utf8_lossy(&output.stdout)))
    }

    /// The examples that cargo built, by what it said on standard output. Lines that are no message of cargo's are passed over.
    pub fn new(root: &Path, messages: &str) -> Self {
        let files = messages.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            let target = &message["target"];
            let is_example = target["kind"][0] == "example";
            let name = target["name"].as_str().filter(|_| is_example)?;
            Some((name.to_owned(), PathBuf::from(message["executable"].as_str()?)))
        });
        Self { root: root.to_path_buf(), files: files.collect() }
    }

    /// The names of all programs, in order; those of the chapters begin with a number.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The command line that a page shows, as a command that runs at the root of the workspace.
    ///
    /// `cargo run --example NAME -- ARGS` becomes the built program itself, so that nothing of cargo's is in its output.
    /// `python3 FILE ARGS` is run by the interpreter that [`python`] finds. Words are parted at
    /// white space, a `\` that continues a line is left out, and there is no quoting.
    ///
    /// # Errors
    /// When it is neither of these, or names a program that is not there.
    pub fn command(&self, line: &str) -> Result<Command> {
        self.command_by(line, || python(&self.root))
    }

    /// The same, for who knows the interpreter already.
    ///
    /// # Errors
    /// Those of [`Programs::command`].
    pub fn command_by(
        &self,
        line: &str,
        python: impl FnOnce() -> Option<OsString>,
    ) -> Result<Command> {
        let words: Vec<&str> =
            line.split_whitespace().filter(|&word| word != "\\").collect();
        // A command that runs one of our programs finds it wherever it was built.
        let built = |word: &str| -> OsString {
            let name = word.strip_prefix(BUILT).unwrap_or_default();
            self.files
                .get(name)
                .map_or_else(|| word.into(), |file| file.clone().into_os_string())
        };
        let mut command = match words[..] {
            ["cargo", "run", "--example", name, ref rest @ ..] => {
                let file = self
                    .files
                    .get(name)
                    .with_context(|| format!("no program is called {name}"))?;
                let mut command = Command::new(file);
                command.args(
                    rest.strip_prefix(&["--"])
                        .unwrap_or(rest)
                        .iter()
                        .map(|word| built(word)),
                );
                command
            }
            ["python3", ref rest @ ..] => {
                let python = python().context(
                    "there is no Python 3 that has what requirements.txt lists",
                )?;
                let mut command = Command::new(python);
                command.args(rest).env("PYTHONDONTWRITEBYTECODE", "1");
                command
            }
            _ => bail!("neither `cargo run --example NAME` nor `python3 FILE`: {line}"),
        };
        if let Some(folder) = self.files.values().next().and_then(|file| file.parent()) {
            command.env("WHILE_YOU_WAIT_PROGRAMS", folder);
        }
        command.current_dir(&self.root).stdin(Stdio::null());
        Ok(command)
    }
}

/// `cargo build` at the root of the workspace, which says on standard output what it has built. What to build is still missing.
pub fn cargo_build(root: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What an outer cargo (`cargo run`, `cargo test`) says of our own package is not for the inner one: the build script of
    // ring reads it, and would build ring again each time.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--message-format=json-render-diagnostics"]).current_dir(root);
    cargo
}

/// The examples that a command line of a page needs: the one that it runs, those that it names among its arguments, and
/// for a Python twin those of the lab.
pub fn needed(root: &Path, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut needed: Vec<String> = words
        .iter()
        .filter_map(|word| word.strip_prefix(BUILT))
        .map(str::to_owned)
        .collect();
    match words[..] {
        ["cargo", "run", "--example", name, ..] => needed.push(name.to_owned()),
        // The slow web and the drawing of a twin are the lab's programs.
        _ if root.join("lab").is_dir() => {
            needed.extend(["slow-web", "timeline"].map(str::to_owned));
        }
        _ => {}
    }
    needed
}

/// A Python interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// What starts it.
    pub program: OsString,
    /// Which one it is: `CPython 3.11.7`.
    pub version: String,
}

/// The Python interpreter that has what the twins import: `$WHILE_YOU_WAIT_PYTHON`, or the one in `.venv`, or `python3`;
/// none where that one lacks a requirement.
pub fn python(root: &Path) -> Option<OsString> {
    interpreter(root).map(|found| found.program)
}

/// The same as [`python`], with its version.
pub fn interpreter(root: &Path) -> Option<Interpreter> {
    let in_venv = root.join(if cfg!(windows) {
        ".venv/Scripts/python.exe"
    } else {
        ".venv/bin/python"
    });
    let program = env::var_os("WHILE_YOU_WAIT_PYTHON")
        .or_else(|| in_venv.is_file().then(|| in_venv.into_os_string()))
        .unwrap_or_else(|| "python3".into());
    let asked = "import aiohttp, requests, platform as p; \
        print(p.python_implementation(), p.python_version())";
    let output = Command::new(&program)
        .args(["-c", asked])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(Interpreter { program, version })
}
