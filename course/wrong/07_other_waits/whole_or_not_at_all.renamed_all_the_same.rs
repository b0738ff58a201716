// Wrong: it renames first, and asks then whether all was written.
// rejected by what_fails_leaves_all_as_it_was: in the end there is "new, "

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
    let written = write(&mut new);
    fs::rename(&beside, file)?;
    written
}
