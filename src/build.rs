//! Builds the book with mdBook's own library, and is stricter than `mdbook build`.
//!
//! mdBook logs a broken include and exits 0, and ignores all of `[output.html]` when one key in it is misspelt.
//! Here each is an error: a book that says something other than its sources is worse than no book.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use mdbook_driver::MDBook;
use mdbook_driver::config::{Config, HtmlConfig};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{self, Layer, SubscriberExt};

/// How the directory begins that a build works in, beside the book that it replaces.
const SCRATCH: &str = ".while-you-wait-";

/// The file in it that is locked for as long as the build is at work.
const LOCK: &str = "lock";

/// Finds the root of the book: the nearest directory at or above `start` that holds a `book.toml`, or else the workspace that this program was compiled in.
///
/// The first makes the program follow a clone that was moved or copied; the second lets it be started from anywhere.
///
/// # Errors
/// When neither has a `book.toml`.
pub fn find_root(start: &Path) -> Result<PathBuf> {
    start
        .ancestors()
        .chain([Path::new(env!("CARGO_MANIFEST_DIR"))])
        .find(|dir| dir.join("book.toml").is_file())
        .map(Path::to_path_buf)
        .with_context(|| format!("no book.toml in {} or above it", start.display()))
}

/// Reads `book.toml` under `root`, refusing keys that mdBook does not know.
///
/// # Errors
/// When the file cannot be read, is no TOML, or has an unknown key.
pub fn config(root: &Path) -> Result<Config> {
    let mut config = Config::from_disk(root.join("book.toml"))?;
    config.update_from_env()?; // as `mdbook` does
    // mdBook checks [book], [build] and [rust] itself, but falls back to the defaults when [output.html] does not parse.
    config.get::<HtmlConfig>("output.html").context("book.toml")?;
    config.build.create_missing = false; // reading a book writes none of its sources
    Ok(config)
}

/// The directory where `book.toml` wants the built book.
///
/// # Errors
/// As [`config`].
pub fn default_dest(root: &Path) -> Result<PathBuf> {
    Ok(root.join(config(root)?.build.build_dir))
}

/// Builds the book under `root` into `dest`, replacing the book that was there in one move and only if the new one is whole.
///
/// Of two builds at once, neither touches the other's work, and the book of one of them is what stays.
///
/// # Errors
/// When a chapter or an include is missing, when mdBook warns of anything in a page, when `dest` holds something other than a built book or lies among
/// the sources, and when it cannot be written.
pub fn build(root: &Path, dest: &Path) -> Result<()> {
    let mut config = config(root)?;
    // Absolute, because mdBook would take a relative directory as relative to the root, and a shell means the current one.
    let dest = &fs::canonicalize(dest).or_else(|_| std::path::absolute(dest))?;
    check_dest(dest, &root.join(&config.book.src))?;
    let parent = dest.parent().context("cannot replace a root directory")?;
    fs::create_dir_all(parent)
        .with_context(|| format!("cannot create {}", parent.display()))?;
    sweep(parent);
    // Beside `dest`, so that the swap is a rename within one file system. Removed when dropped.
    let scratch = tempfile::Builder::new()
        .prefix(SCRATCH)
        .tempdir_in(parent)
        .with_context(|| format!("cannot write in {}", parent.display()))?;
    let lock = fs::File::create(scratch.path().join(LOCK))
        .with_context(|| format!("cannot write in {}", parent.display()))?;
    let _ = lock.lock(); // where files cannot be locked, nothing is ever swept
    let (new, old) = (scratch.path().join("new"), scratch.path().join("old"));

    config.build.build_dir.clone_from(&new);
    let complaints = Complaints::default();
    let subscriber = tracing_subscriber::registry().with(complaints.clone());
    let built = tracing::subscriber::with_default(subscriber, || {
        MDBook::load_with_config(root, config)?.build()
    });
    let complaints = complaints.take();
    match built {
        Err(error) if complaints.is_empty() => return Err(error),
        Err(error) => bail!("{error:#}\n{}", complaints.join("\n")),
        Ok(()) if !complaints.is_empty() => bail!("{}", complaints.join("\n")),
        Ok(()) => {}
    }
    ensure!(new.join("index.html").is_file(), "SUMMARY.md lists no chapter");

    if dest.exists() {
        fs::rename(dest, &old)
            .with_context(|| format!("cannot replace {}", dest.display()))?;
    }
    fs::rename(&new, dest)
        .inspect_err(|_| drop(fs::rename(&old, dest))) // the old book is better than none
        .with_context(|| format!("cannot move the book to {}", dest.display()))
}

/// Removes what builds that were killed have left in `parent`.
///
/// The system takes a lock from whoever ends, however it ends: a lock that can be had belongs to a build that is no
/// more. A build that has not locked its file yet waits until its directory is gone, and loses nothing: mdBook makes
/// the directory again.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(SCRATCH)
            && let Ok(lock) =
                fs::File::options().write(true).open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(entry.path()); // if not now, then by the next build
        }
    }
}

/// Refuses a `dest` whose replacement would cost somebody their files.
fn check_dest(dest: &Path, src: &Path) -> Result<()> {
    if let Ok(src) = fs::canonicalize(src) {
        ensure!(
            !dest.starts_with(&src),
            "{} lies among the sources in {}",
            dest.display(),
            src.display()
        );
    }
    match fs::read_dir(dest) {
        // mdBook writes toc.html into every book.
        Ok(mut entries) => ensure!(
            entries.next().is_none() || dest.join("toc.html").is_file(),
            "{} is neither empty nor a built book: not replaced",
            dest.display()
        ),
        Err(_) => ensure!(!dest.exists(), "{} is no directory", dest.display()),
    }
    Ok(())
}

/// What mdBook said at level WARN or ERROR while it built: it has no other way to tell of a broken include or an unclosed tag.
#[derive(Clone, Default)]
struct Complaints(Arc<Mutex<Vec<String>>>);

impl Complaints {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for Complaints {
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        struct Message<'a>(&'a mut Vec<String>);
        impl Visit for Message<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                if field.name() == "message" {
                    self.0.push(format!("{value:?}"));
                }
            }
        }
        // `<=` reads "at least as severe as".
        if *event.metadata().level() <= Level::WARN {
            let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            event.record(&mut Message(&mut said));
        }
    }
}
