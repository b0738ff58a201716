//! What is known, written down as it becomes known, so that a later run can go on.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use super::start::Starts;
use super::{Broken, Settings, Skipped};

/// Changes with what a line means, so that no run reads the lines of another version.
const VERSION: u32 = 1;

/// What one address came to, before it is known who links to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Without its fragment.
    pub url: Url,
    /// How many requests were sent for it, redirects and tries included.
    pub requests: u32,
    /// Where it led, if it was redirected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redirected_to: Option<Url>,
    /// What is there, or why nothing is.
    pub result: Result<There, Not>,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct There {
    /// What a fragment can lead to; `None` where the body was not read.
    pub ids: Option<BTreeSet<String>>,
    /// The links of a page that was read for them: resolved and with their fragments, or as written where that makes no
    /// address; each with its line.
    pub links: Vec<(String, usize)>,
    /// Whether links were looked for.
    pub page: bool,
}

/// Why nothing is there, as far as we know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Not {
    /// It was asked for.
    Broken {
        /// What the last try came to.
        why: Broken,
    },
    /// It was not.
    Skipped {
        /// The reason.
        why: Skipped,
    },
}

// ANCHOR: worth_keeping
impl Entry {
    /// Whether a later run may take this as known.
    ///
    /// What may end otherwise the next time is asked again. So is a file, which costs
    /// nothing and may have been mended.
    pub fn worth_keeping(&self) -> bool {
        let answered = match &self.result {
            Ok(_) => true,
            // Said of a server in trouble, too. Its rules are one request.
            Err(Not::Skipped { why }) => *why != Skipped::Robots,
            Err(Not::Broken { why }) => match why {
                Broken::Status { status } => *status < 500 && *status != 429,
                Broken::Redirects | Broken::BadRedirect { .. } => true,
                _ => false, // no answer
            },
        };
        answered && self.url.scheme() != "file"
    }
}
// ANCHOR_END: worth_keeping

/// The first line of a journal: which run it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    journal_of_links: u32,
    starts: Vec<Url>,
    offline: bool,
    robots: bool,
    redirects: usize,
    root: Option<Url>,
    exclude: Vec<String>,
}

impl Run {
    /// The run that begins here, with all that decides what comes of an address. How fast it goes may differ.
    pub fn new(starts: &Starts, settings: &Settings) -> Self {
        Self {
            journal_of_links: VERSION,
            starts: starts.given.clone(),
            offline: settings.offline,
            robots: settings.robots,
            redirects: settings.redirects,
            root: settings.root.clone(),
            exclude: settings.exclude.clone(),
        }
    }
}

/// Why a journal cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// Another program writes it at this moment.
    #[error("{}: in use by another run", path.display())]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// Something else lies there. It is left alone.
    #[error("{}: not a journal of links (line {line})", path.display())]
    NoJournal {
        /// The file.
        path: PathBuf,
        /// The first line that cannot be read, counted from 1.
        line: usize,
    },
    /// It was begun with another start, other options or by another version.
    #[error("{}: the journal of another run; remove it, or begin as that run began", path.display())]
    OtherRun {
        /// The journal.
        path: PathBuf,
    },
}

/// A journal that is being written. No other program can have it meanwhile.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Goes on with the journal at `path`, or begins it. Returns what it has.
    ///
    /// # Errors
    ///
    /// When it cannot be read and written, is in use, is the journal of another run, or no journal. Then it is as it was.
    // ANCHOR: open
    pub fn open(path: &Path, run: &Run) -> Result<(Self, Vec<Entry>), JournalError> {
        let failed = |error| JournalError::File { path: path.to_owned(), error };
        let mut file = open_alone(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        // A run that was killed, or whose disk was full, may have left half a line.
        let end = text.iter().rposition(|&byte| byte == b'\n');
        let whole = end.map_or(0, |end| end + 1);
        let entries = read(&text[..whole], &text[whole..], run, path)?;
        file.set_len(whole as u64).map_err(failed)?;
        let mut journal = Self { file, path: path.to_owned() };
        if whole == 0 {
            journal.line(run).map_err(failed)?;
        }
        Ok((journal, entries))
    }
    // ANCHOR_END: open

    /// Writes down an entry, if a later run may take it as known.
    ///
    /// It has left this process when this returns, so no signal can lose it any more; a power cut can.
    ///
    /// # Errors
    ///
    /// When it cannot be written. Write nothing more then: the next line would be glued to half of this one.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        if entry.worth_keeping() { self.line(entry) } else { Ok(()) }
    }

    // ANCHOR: line
    fn line(&mut self, what: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        self.file.write_all(&line) // no buffer of ours: what is written is out of reach
    }
    // ANCHOR_END: line

    /// Removes the journal of a run that has come to its end: tomorrow it would be out of date.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is starting has the file too, until it becomes its program.
        let _ = self.file.unlock();
    }
}

/// Opens the file to be read and appended to, and locks it; begins it where there is none.
fn open_alone(path: &Path) -> Result<File, JournalError> {
    let failed = |error| JournalError::File { path: path.to_owned(), error };
    let mut options = File::options();
    let file = options.read(true).append(true).create(true).open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        // A device may have no end, and a pipe no beginning.
        return Err(failed(io::Error::other("not a regular file")));
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(JournalError::InUse { path: path.to_owned() })
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The entries of a journal: its whole lines, and what comes after them.
fn read(
    whole: &[u8],
    torn: &[u8],
    run: &Run,
    path: &Path,
) -> Result<Vec<Entry>, JournalError> {
    let no_journal = |line| JournalError::NoJournal { path: path.to_owned(), line };
    let mut lines = whole.split_inclusive(|&byte| byte == b'\n');
    let Some(first) = lines.next() else {
        // Half of a first line is one of ours, or it is somebody's file.
        let ours = serde_json::to_vec(run).unwrap_or_default();
        return if ours.starts_with(torn) { Ok(Vec::new()) } else { Err(no_journal(1)) };
    };
    match serde_json::from_slice::<Run>(first) {
        Ok(of) if of == *run => {}
        Ok(_) => return Err(JournalError::OtherRun { path: path.to_owned() }),
        Err(_) if first.starts_with(b"{\"journal_of_links\":") => {
            return Err(JournalError::OtherRun { path: path.to_owned() });
        }
        Err(_) => return Err(no_journal(1)),
    }
    let parse = |(line, text)| serde_json::from_slice(text).map_err(|_| no_journal(line));
    (2..).zip(lines).map(parse).collect()
}
