//! Many small files and a few large ones, in every model.
//!
//! [`hash`] and [`rewrite`] are the two jobs for one file. Each module has `hash_all` and `rewrite_all`, which do them for all
//! files, and differ in how they wait: one file after another ([`one_by_one`]), on a pool of threads ([`pooled`]), on rayon's
//! threads ([`on_rayon`]), and on tasks ([`on_tokio`]). [`cache`] tells a file that is in memory from one that is not.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::replace::{ReplaceError, replace};

pub mod cache;
pub mod on_rayon;
pub mod on_tokio;
pub mod one_by_one;
pub mod pooled;

/// The SHA-256 of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

// ANCHOR: error
/// Why there is nothing for a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    #[expect(missing_docs, reason = "said in the line above")]
    Read { path: PathBuf, source: io::Error },
    /// It could not be replaced. It is as it was, unless the step says otherwise.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// The job was lost: it panicked.
    #[error("lost {}: {message}", .path.display())]
    #[expect(missing_docs, reason = "said in the line above")]
    Lost { path: PathBuf, message: String },
}
// ANCHOR_END: error

/// Reads one file, and hashes it.
///
/// # Errors
///
/// When it cannot be read.
// ANCHOR: hash
pub fn hash(path: &Path) -> Result<Digest, FileError> {
    Ok(digest(&read(path)?)) // first the wait, then the work
}

/// Puts one file into capitals; whoever opens it meanwhile sees the old text whole.
///
/// # Errors
///
/// When it cannot be read, or not be replaced.
pub fn rewrite(path: &Path) -> Result<(), FileError> {
    let mut text = read(path)?;
    text.make_ascii_uppercase();
    Ok(replace(path, &text)?)
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}
// ANCHOR_END: hash

/// A job that panicked takes its own file with it, and no other.
fn lost(path: &Path, message: &impl ToString) -> FileError {
    FileError::Lost { path: path.to_owned(), message: message.to_string() }
}
