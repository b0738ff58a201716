//! The Python interpreters that were named.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use choosing::measured::By;
use serde::Deserialize;

/// An interpreter, and what it says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Interpreter {
    /// The file that was named.
    pub(crate) program: PathBuf,
    pub(crate) by: By,
    /// The libraries that it has, of those that rows import.
    libraries: Vec<String>,
}

/// What an interpreter is asked, and how it answers.
const QUESTION: &str = "\
import importlib.util, json, platform, sys, sysconfig
arguments = sysconfig.get_config_var('CONFIG_ARGS')
print(json.dumps({
    'version': '.'.join(map(str, sys.version_info[:3])),
    'implementation': platform.python_implementation(),
    'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),
    'gil': getattr(sys, '_is_gil_enabled', lambda: True)(),
    'compiler': platform.python_compiler(),
    'optimized': '--enable-optimizations' in arguments if arguments is not None else None,
    'libraries': [name for name in ('requests', 'aiohttp', 'httpx') if importlib.util.find_spec(name)],
}))";

#[derive(Deserialize)]
struct Answer {
    version: String,
    implementation: String,
    free_threaded: bool,
    gil: bool,
    compiler: String,
    /// Nothing where it does not know how it was built, as on Windows.
    optimized: Option<bool>,
    libraries: Vec<String>,
}

impl Interpreter {
    /// Asks an interpreter. The `first` one is called `python` in the figures, the others by their version.
    ///
    /// # Errors
    ///
    /// When it cannot be run, or does not answer.
    pub(crate) fn ask(program: &Path, first: bool) -> Result<Self> {
        let name = program.display();
        let output = Command::new(program)
            .args(["-c", QUESTION])
            .output()
            .with_context(|| format!("cannot run {name}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{name}: {}", said.trim());
        let answer: Answer = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{name} is no Python 3"))?;
        let short: String = answer.version.split('.').take(2).collect();
        let t = if answer.free_threaded { "t" } else { "" };
        let build = if answer.free_threaded { ", free-threaded build" } else { "" };
        let gil = if answer.gil { "on" } else { "off" };
        let profile = match answer.optimized {
            Some(true) => ", with profile-guided optimisation",
            Some(false) => ", without profile-guided optimisation",
            None => "",
        };
        let by = By {
            id: if first { "python".to_owned() } else { format!("python-{short}{t}") },
            name: format!("{} {}{build}", answer.implementation, answer.version),
            gil: Some(answer.gil),
            build: format!("GIL {gil}; built by {}{profile}", answer.compiler),
        };
        Ok(Self { program: program.to_owned(), by, libraries: answer.libraries })
    }

    /// One that is never run.
    #[cfg(test)]
    pub(crate) fn made_up(id: &str) -> Self {
        let by = By {
            id: id.to_owned(),
            name: id.to_owned(),
            gil: Some(true),
            build: String::new(),
        };
        let libraries = ["requests", "aiohttp", "httpx"].map(str::to_owned).into();
        Self { program: PathBuf::new(), by, libraries }
    }

    /// Whether it has a library, which the book's own environment has.
    pub(crate) fn has(&self, library: &str) -> bool {
        self.libraries.iter().any(|its| its == library)
    }
}
