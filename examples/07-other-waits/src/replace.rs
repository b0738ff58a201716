//! A file is replaced whole, or not at all.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub mod trouble;

/// What the name of a new file begins with, for as long as it is not in its place.
pub const PREFIX: &str = ".new-";

// ANCHOR: in_place
/// Writes over a file: it is emptied first, and then filled.
///
/// # Errors
///
/// When it cannot be opened or written. What is left of it then is a matter of luck.
pub fn write_in_place(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?; // from here on, the old contents are gone
    file.write_all(contents)
}
// ANCHOR_END: in_place

// ANCHOR: step
/// The steps of a replacement, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A new file is made, in the same folder.
    Create,
    /// It gets the contents.
    Write,
    /// It gets the permissions of the old one.
    Permit,
    /// Its bytes reach the device.
    Sync,
    /// It takes the name of the old file, which is gone with that.
    Rename,
    /// The folder reaches the device: from here on, the new file outlives a power cut.
    SyncFolder,
}
// ANCHOR_END: step

// ANCHOR: error
/// A replacement that failed: which file, at which step, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step} {}: {source}", .path.display())]
pub struct ReplaceError {
    /// The file that was to be replaced.
    pub path: PathBuf,
    /// The old file is as it was, unless this is [`Step::SyncFolder`].
    pub step: Step,
    /// What the system said.
    pub source: io::Error,
}
// ANCHOR_END: error

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "make a new file beside",
            Self::Write => "write the new",
            Self::Permit => "keep the permissions of",
            Self::Sync => "sync the new",
            Self::Rename => "give its name to the new",
            Self::SyncFolder => "sync the folder of",
        })
    }
}

/// Gives a file new contents, whole or not at all.
///
/// # Errors
///
/// As [`replace_with`].
pub fn replace(path: &Path, contents: &[u8]) -> Result<(), ReplaceError> {
    replace_with(path, |file| file.write_all(contents))
}

/// Gives a file the contents that `write` writes, whole or not at all.
///
/// Whoever opens the file meanwhile gets the old contents, and afterwards the new ones. A file
/// that was not there is made. The new file belongs to whoever replaces it. What has other names
/// (hard links) keeps the old contents under these, and a symbolic link becomes a file.
///
/// # Errors
///
/// Which step failed, and why; the new file is removed, if it is not in its place.
// ANCHOR: replace
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), ReplaceError> {
    let failed =
        |step| move |source| ReplaceError { path: path.to_owned(), step, source };
    // In the same folder: no rename leads from one file system to another.
    let folder = folder_of(path);
    let mut new = new_file(folder).map_err(failed(Step::Create))?;
    // On any error from here on, `new` is dropped, and its file removed.
    write(new.as_file_mut()).map_err(failed(Step::Write))?;
    keep_permissions(path, new.as_file()).map_err(failed(Step::Permit))?;
    // Or else, after a power cut, the name may be the new one and the bytes nowhere.
    new.as_file().sync_all().map_err(failed(Step::Sync))?;
    new.persist(path).map_err(|e| failed(Step::Rename)(e.error))?;
    sync_folder(folder).map_err(failed(Step::SyncFolder))
}
// ANCHOR_END: replace

/// The folder that a file is in: of a bare name, the one that we are in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

// ANCHOR: new_file
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What any new file asks for. A temporary one is its owner's alone otherwise.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn keep_permissions(old: &Path, new: &File) -> io::Result<()> {
    match fs::metadata(old) {
        Ok(old) => new.set_permissions(old.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows lets nobody open a folder for this.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
// ANCHOR_END: new_file
