//! A slow web in a process of its own, so that its ends of the connections count against limits of their own.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde::{Deserialize, Serialize};
use url::Url;

use super::Builder;

/// A slow web that another process serves. It ends when this is dropped, and when this process ends, however that comes.
#[derive(Debug)]
pub struct Elsewhere {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    base: Url,
}

/// What a slow web has counted, as its methods of the same names tell it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Counts {
    /// See [`SlowWeb::requests`](super::SlowWeb::requests).
    pub requests: usize,
    /// See [`SlowWeb::connections`](super::SlowWeb::connections).
    pub connections: usize,
    /// See [`SlowWeb::peak_in_flight`](super::SlowWeb::peak_in_flight).
    pub peak_in_flight: usize,
    /// See [`SlowWeb::given_up`](super::SlowWeb::given_up).
    pub given_up: usize,
    /// The CPU time of the whole process, user and system, in milliseconds; nothing where the system is not asked.
    pub cpu_ms: Option<f64>,
}

impl Elsewhere {
    /// Starts `command`, which has to call [`serve_until_stdin_closes`]; when this returns, connections are accepted.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or ends before it listens; it has then said why.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let no_pipe = || io::Error::other("the slow web has no pipe");
        let stdin = child.stdin.take().ok_or_else(no_pipe)?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or_else(no_pipe)?);
        let mut line = String::new();
        // A line that cannot be read is no address either.
        let _ = stdout.read_line(&mut line);
        let Ok(base) = Url::parse(line.trim()) else {
            drop(stdin);
            child.wait()?;
            return Err(io::Error::other("the slow web did not start"));
        };
        Ok(Self { child, stdin: Some(stdin), stdout, base })
    }

    /// The address of a path on this web, without a query.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// Its number among the processes.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it, and returns what it has counted.
    ///
    /// # Errors
    ///
    /// When it ended before it could tell.
    pub fn end(mut self) -> io::Result<Counts> {
        drop(self.stdin.take());
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It ends by itself now, and an error would say that it is gone already.
        let _ = self.child.wait();
    }
}

/// Serves until standard input closes, as it does when the parent process ends, however that comes.
///
/// Prints its address on the first line and what it has counted on the last one.
///
/// # Errors
///
/// When the web cannot be started. That nobody reads what it prints is no error: whoever started it may be gone by then.
pub fn serve_until_stdin_closes(builder: Builder) -> io::Result<()> {
    let web = builder.start()?;
    print(&format!("http://{}", web.address()));
    // The end of the input and a failure to read it mean the same here.
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    let counts = Counts {
        requests: web.requests(),
        connections: web.connections(),
        peak_in_flight: web.peak_in_flight(),
        given_up: web.given_up(),
        cpu_ms: cpu_ms(),
    };
    print(&serde_json::to_string(&counts)?);
    Ok(())
}

#[cfg(feature = "stage")]
fn cpu_ms() -> Option<f64> {
    crate::stage::cpu_time().map(|time| time.as_secs_f64() * 1e3)
}

#[cfg(not(feature = "stage"))]
fn cpu_ms() -> Option<f64> {
    None
}

fn print(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
