// A list of sites is written anew while others read it, and sometimes the writing fails.
// A reader is to find the old list or the new one, and never half of either.
// The page: book/07-other-waits/whole-or-not-at-all.md

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Replaces what is in the file by what `write` writes; if that fails, all is as before,
/// and no other file is left in the folder.
fn replace(
    file: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    // CHANGED: beside the old one: a rename does not go from one file system to another.
    let beside = file.with_extension("new");
    let written = File::create(&beside).and_then(|mut new| {
        write(&mut new)?;
        // What is renamed is on the disk first.
        new.sync_all()
    });
    // CHANGED: in one step, and only if all is written.
    let replaced = written.and_then(|()| fs::rename(&beside, file));
    if replaced.is_err() {
        // CHANGED: nobody looks for what is left.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs, io::Write as _, path::PathBuf, process};

    /// A folder with one file in it.
    fn old_list(test: &str) -> (PathBuf, PathBuf) {
        let folder = env::temp_dir().join(format!("whole-{}-{test}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("sites.txt");
        fs::write(&file, "old").expect("a file");
        (folder, file)
    }
    fn check(test: &str, outcome: io::Result<()>, wanted: &str) {
        let (folder, file) = old_list(test);
        let is_ok = outcome.is_ok();
        let mut seen = String::new();
        let result = replace(&file, |new| {
            new.write_all(b"new, ")?;
            seen = fs::read_to_string(&file)?;
            outcome?;
            new.write_all(b"and whole")
        });
        let kept = fs::read_to_string(&file).expect("a file");
        let files = fs::read_dir(&folder).expect("a folder").count();
        fs::remove_dir_all(&folder).expect("an end");
        assert!(seen == "old", "meanwhile a reader found {seen:?}, and not the old list");
        assert!(
            kept == wanted,
            "in the end there is {kept:?}, and {wanted:?} was wanted"
        );
        assert!(files == 1, "{files} files are in the folder, and 1 was wanted");
        assert!(result.is_ok() == is_ok, "it says {result:?}");
    }
    #[test]
    fn a_reader_finds_the_old_list_until_the_new_one_is_whole() {
        check("whole", Ok(()), "new, and whole");
    }
    #[test]
    fn what_fails_leaves_all_as_it_was() {
        check("fails", Err(io::Error::other("the disk is full")), "old");
    }
}
