//! A process under its keeper, as the reader sees it.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{self, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How much is read at once, and how much that nobody has taken yet is kept.
const PIECE: usize = 8 << 10;
const PIECES: usize = 4;

/// How a process ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Exit(i32),
    Signal,
    CannotRun(String),
}

/// A process that runs, and ends when this is dropped.
#[derive(Debug)]
pub(super) struct Kept {
    leash: ChildStdin,
    output: mpsc::Receiver<Vec<u8>>,
    end: JoinHandle<End>,
}

impl Kept {
    /// Starts `command` under `keeper`, with the environment and the folder that `command` has. Its standard output goes to
    /// `file`, if one is given.
    ///
    /// # Errors
    /// When the keeper cannot be started, or there is no pipe to it.
    pub(super) fn start(
        keeper: &Path,
        command: &Command,
        file: Option<&Path>,
    ) -> Result<Self> {
        let mut kept = Command::new(keeper);
        kept.arg("keep");
        if let Some(file) = file {
            kept.arg("--output").arg(file);
        }
        kept.arg("--").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => kept.env(name, value),
                None => kept.env_remove::<&OsStr>(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            kept.current_dir(folder);
        }
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            kept.process_group(0); // Ctrl-C is for the reader
        }
        let (output, into) = io::pipe().context("no pipe")?;
        kept.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(into);
        let mut keeper = kept.spawn().context("cannot start the keeper")?;
        drop(kept); // and with it the writing end: reading would never come to an end
        let leash = keeper.stdin.take().context("no leash")?;
        let (pieces, output_pieces) = mpsc::channel(PIECES);
        let end = tokio::task::spawn_blocking(move || {
            read(output, &pieces);
            drop(pieces);
            end_of(keeper)
        });
        Ok(Self { leash, output: output_pieces, end })
    }

    /// What it prints next; nothing when it has ended, with all that it started.
    pub(super) async fn output(&mut self) -> Option<Vec<u8>> {
        self.output.recv().await
    }

    /// Ends it, if it has not ended by itself, and returns when nothing of it is left.
    pub(super) async fn end(self) -> End {
        drop(self.leash);
        drop(self.output); // else nobody would take what it still prints
        self.end.await.unwrap_or_else(|error| End::CannotRun(error.to_string()))
    }
}

/// Reads to the end. When nobody listens any more, what comes is thrown away: who prints must not be held up in ending.
fn read(mut output: io::PipeReader, pieces: &mpsc::Sender<Vec<u8>>) {
    let mut piece = vec![0; PIECE];
    loop {
        match output.read(&mut piece) {
            Ok(0) => return,
            Ok(n) => drop(pieces.blocking_send(piece[..n].to_vec())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// What the keeper said.
fn end_of(mut keeper: process::Child) -> End {
    let mut said = String::new();
    let read = keeper.stdout.take().map(|mut report| report.read_to_string(&mut said));
    // The leash is in other hands, and stays there: `wait` would drop it.
    let _ = keeper.wait();
    let said = said.trim_end();
    let code = said.strip_prefix("exit ").and_then(|code| code.parse().ok());
    match (code, said.strip_prefix("cannot run: ")) {
        (Some(code), _) => End::Exit(code),
        (_, Some(why)) => End::CannotRun(why.to_owned()),
        _ if said.starts_with("signal ") => End::Signal,
        _ => End::CannotRun(format!("the keeper said {said:?} ({read:?})")),
    }
}
