//! Runs the programs of the book for a page that the reader serves, and for nobody else.
//!
//! [`catalogue`] says what may be run, and with which inputs; the queue lets one run at a time happen; each process runs under a
//! [`keeper`], which ends it with all that it started when the reader lets go of it or is gone itself. What a page sees is a stream
//! of events (`queued`, `building`, `started`, `output`, `picture`, `ended`), and it stops a run by dropping the connection.
//!
//! A page of another origin must not be able to run anything. Its browser tells on it: a request to run says in `Host` and `Origin`
//! whom it is for and where it comes from, both have to be this reader, and a media type of JSON and a header of its own make
//! a browser ask first (CORS), which is never granted. The token is in our pages only, which another origin cannot read.

mod act;
pub mod catalogue;
mod child;
pub mod keeper;
mod picture;
mod queue;
mod routes;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Result;

use crate::programs::{Interpreter, interpreter};
use queue::Queue;
pub use routes::routes;

/// Returns on Ctrl-C, on SIGTERM, and when the terminal is closed: what runs for a page has to be ended before this process is gone.
///
/// # Errors
/// When the system refuses to tell.
pub async fn asked_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        let mut hung_up = signal(SignalKind::hangup())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
            _ = hung_up.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// What a run may take, and a client.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many runs may wait for their turn, beside the one that has it.
    pub waiting: usize,
    /// How long a program may run; a build may take as long as it takes.
    pub run: Duration,
    /// How much a program may print, in bytes of UTF-8. One that prints more is ended.
    pub output: usize,
    /// How large its picture may be, in bytes.
    pub picture: usize,
    /// How large a request may be, in bytes.
    pub request: usize,
    /// How long a client may take to send the body of its request, and to read the last events of a run that has ended.
    pub patience: Duration,
    /// How many connections may be open at once; those that are too many wait to be accepted.
    pub connections: usize,
    /// How long a connection may be open on which no request comes, or only half of its head.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            waiting: 8,
            run: Duration::from_mins(2),
            output: 256 << 10,
            picture: 2 << 20,
            request: 4 << 10,
            patience: Duration::from_secs(10),
            connections: 128,
            idle: Duration::from_secs(30),
        }
    }
}

/// Runs the programs of one book. Clones share the queue and the token.
#[derive(Debug, Clone)]
pub struct Runner(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    keeper: PathBuf,
    token: String,
    limits: Limits,
    queue: Queue,
    python: OnceLock<Option<Interpreter>>,
    runs: AtomicU64,
}

impl Runner {
    /// A runner for the book at `root`. `keeper` is the program of the reader, which has the word `keep`.
    ///
    /// # Errors
    /// When the system has no random bytes for a token.
    pub fn new(root: &Path, keeper: &Path, limits: Limits) -> Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let token = format!("{:032x}", u128::from_be_bytes(random));
        Ok(Self(Arc::new(Shared {
            root: root.to_path_buf(),
            keeper: keeper.to_path_buf(),
            token,
            limits,
            queue: Queue::new(limits.waiting),
            python: OnceLock::new(),
            runs: AtomicU64::new(0),
        })))
    }

    /// What a page has to know to run something: another one at each start.
    pub fn token(&self) -> &str {
        &self.0.token
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The interpreter for the Python twins. The first call starts it, and blocks meanwhile.
    fn python(&self) -> Option<&Interpreter> {
        self.0.python.get_or_init(|| interpreter(&self.0.root)).as_ref()
    }

    /// A number that no other run of this reader has.
    fn next_number(&self) -> u64 {
        self.0.runs.fetch_add(1, Ordering::Relaxed)
    }
}
