// Wrong: the old list is gone before the new one is there.
// rejected by a_reader_finds_the_old_list_until_the_new_one_is_whole: meanwhile a reader found
// rejected by what_fails_leaves_all_as_it_was: meanwhile a reader found

use std::fs::File;
use std::io;
use std::path::Path;

/// Replaces what is in the file by what `write` writes; if that fails, all is as before,
/// and no other file is left in the folder.
fn replace(
    file: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut new = File::create(file)?;
    write(&mut new)?;
    new.sync_all()
}
