//! A folder for one program only, which is gone with its program: at its end, after an error, and after Ctrl-C.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// What a shell says of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// A folder of the program's own. Dropping it removes it, and all that is in it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// Whoever holds this lock removes the folder. After a Ctrl-C it is never let go: the process ends in the midst of it.
    folder: Arc<Mutex<Option<TempDir>>>,
}

impl Scratch {
    /// Makes the folder, below the one where temporary files go or below `parent`, and listens for Ctrl-C from now on.
    ///
    /// A Ctrl-C removes the folder, and ends the process with exit code 130.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, and when somebody listens for Ctrl-C already.
    pub fn new(parent: Option<&Path>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("while-you-wait-");
        let folder = match parent {
            None => builder.tempdir()?,
            Some(parent) => builder.tempdir_in(parent)?,
        };
        let path = folder.path().to_owned();
        let folder = Arc::new(Mutex::new(Some(folder)));
        let (ours, theirs) = (path.clone(), Arc::clone(&folder));
        ctrlc::set_handler(move || {
            // Held to the end of the process, so that nothing else happens any more once the folder has gone.
            let _kept = lock(&theirs);
            remove(&ours);
            process::exit(INTERRUPTED)
        })
        .map_err(io::Error::other)?;
        Ok(Self { path, folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut folder = lock(&self.folder);
        if folder.take().is_some_and(|folder| folder.close().is_err()) {
            remove(&self.path);
        }
    }
}

fn lock(folder: &Mutex<Option<TempDir>>) -> MutexGuard<'_, Option<TempDir>> {
    folder.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the folder while other threads may still put files into it.
fn remove(path: &Path) {
    for _ in 0..1_000 {
        match fs::remove_dir_all(path) {
            // Not empty: a file came in between.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_folder_that_was_dropped() -> io::Result<()> {
        let parent = tempfile::tempdir()?;
        let scratch = Scratch::new(Some(parent.path()))?;
        fs::create_dir(scratch.path().join("folder"))?;
        fs::write(scratch.path().join("folder/file"), "text")?;
        assert!(scratch.path().starts_with(parent.path()));
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path())?.count(), 0);
        Ok(())
    }

    #[cfg(unix)]
    mod interrupted {
        use std::env;
        use std::io::{BufRead as _, BufReader, Write as _};
        use std::process::{Command, Stdio};

        use super::*;

        const FOLDER: &str = "WHILE_YOU_WAIT_SCRATCH";

        /// What the next test starts: it makes files without end. In every other run it does nothing.
        #[test]
        fn be_a_program() -> io::Result<()> {
            let Some(parent) = env::var_os(FOLDER) else { return Ok(()) };
            let scratch = Scratch::new(Some(Path::new(&parent)))?;
            for n in 0_u64.. {
                fs::write(scratch.path().join((n % 5_000).to_string()), "text")?;
                if n == 10 {
                    writeln!(io::stdout(), "\nbegun")?;
                }
            }
            Ok(())
        }

        #[test]
        fn nothing_is_left_of_a_folder_whose_program_is_interrupted() -> io::Result<()> {
            let parent = tempfile::tempdir()?;
            let mut program = Command::new(env::current_exe()?);
            program.args(["--exact", "scratch::tests::interrupted::be_a_program"]);
            program.arg("--nocapture").env(FOLDER, parent.path());
            let mut program = program.stdout(Stdio::piped()).spawn()?;
            let lines = program.stdout.take().map(|out| BufReader::new(out).lines());
            let begun = |line: io::Result<String>| line.is_ok_and(|line| line == "begun");
            assert!(lines.is_some_and(|mut lines| lines.any(begun)));
            let interrupt = Command::new("kill")
                .args(["-INT", &program.id().to_string()])
                .status()?;
            assert!(interrupt.success());
            assert_eq!(program.wait()?.code(), Some(INTERRUPTED));
            assert_eq!(fs::read_dir(parent.path())?.count(), 0);
            Ok(())
        }
    }
}
