//! The programs of the book: every example of the workspace, built.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

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
        let mut cargo =
            Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // What an outer cargo (`cargo run`, `cargo test`) says of our own package is not for the inner one: the build script of
        // ring reads it, and would build ring again each time.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(name);
            }
        }
        let output = cargo
            .args([
                "build",
                "--quiet",
                "--examples",
                "--message-format=json-render-diagnostics",
            ])
            .current_dir(root)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!("the programs of the book do not build");
        }
        let mut files = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: serde_json::Value = serde_json::from_str(line)?;
            let target = &message["target"];
            if let (Some("example"), Some(name), Some(file)) = (
                target["kind"][0].as_str(),
                target["name"].as_str(),
                message["executable"].as_str(),
            ) {
                files.insert(name.to_owned(), PathBuf::from(file));
            }
        }
        Ok(Self { root: root.to_path_buf(), files })
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
        let words: Vec<&str> =
            line.split_whitespace().filter(|&word| word != "\\").collect();
        // A command that runs one of our programs finds it wherever it was built.
        let built = |word: &str| -> OsString {
            let name = word.strip_prefix("target/debug/examples/").unwrap_or_default();
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
                let mut command = Command::new(
                    python(&self.root).context("no Python with the requirements")?,
                );
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

/// The Python interpreter that has what the twins import: `$WHILE_YOU_WAIT_PYTHON`, or the one in `.venv`, or `python3`;
/// none where that one lacks a requirement.
pub fn python(root: &Path) -> Option<OsString> {
    let in_venv = root.join(if cfg!(windows) {
        ".venv/Scripts/python.exe"
    } else {
        ".venv/bin/python"
    });
    let python = env::var_os("WHILE_YOU_WAIT_PYTHON")
        .or_else(|| in_venv.is_file().then(|| in_venv.into_os_string()))
        .unwrap_or_else(|| "python3".into());
    let has_requirements = Command::new(&python)
        .args(["-c", "import aiohttp, requests"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    has_requirements.then_some(python)
}
