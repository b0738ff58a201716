// Wrong: when the writing fails, the half that is written stays in the folder.
// rejected by what_fails_leaves_all_as_it_was: 2 files are in the folder

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Replaces what is in the file by what `write` writes; if that fails, all is as before,
/// and no other file is left in the folder.
fn replace(
    file: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let beside = file.with_extension("new");
    let mut new = File::create(&beside)?;
    write(&mut new)?;
    new.sync_all()?;
    fs::rename(&beside, file)
}
