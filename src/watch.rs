//! Rebuilds the book when a source changes.
//!
//! Modification times are polled: file system events also report reads, so that building the book would trigger the next build for ever.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use tokio::sync::watch::Sender;

use crate::build;
use crate::serve::Site;

/// The state of every source of the book at one moment: `book.toml`, the pages, `theme/`, and the `extra-watch-dirs` of `book.toml`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<PathBuf, (Option<SystemTime>, u64)>); // time of modification, length in bytes

impl Sources {
    /// Looks at the sources of the book under `root`. What cannot be read counts as absent.
    pub fn look(root: &Path) -> Self {
        let mut sources = Self::default();
        sources.add(&root.join("book.toml"));
        sources.add(&root.join("theme"));
        // While book.toml is broken, it is the only file that can mend the book.
        if let Ok(config) = build::config(root) {
            sources.add(&root.join(config.book.src));
            for dir in config.build.extra_watch_dirs {
                sources.add(&root.join(dir));
            }
        }
        sources
    }

    fn add(&mut self, path: &Path) {
        // Build products, editors' swap files and version control: they change without the book changing.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || ["target", "__pycache__"].contains(&name.as_ref()) {
            return;
        }
        // Links are not followed, so that a cycle of them ends.
        let Ok(metadata) = fs::symlink_metadata(path) else {
            return;
        };
        if metadata.is_dir() {
            for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                self.add(&entry.path());
            }
        } else {
            let state = (metadata.modified().ok(), metadata.len());
            self.0.insert(path.to_path_buf(), state);
        }
    }
}

/// Rebuilds the book under `root` into `dest` whenever its sources differ from `built_from`, looking once every `interval`, and sends the new site to `sites`.
///
/// A build that fails sends nothing, so that the previous site stays. Each build's outcome goes to `report`. Returns when `sites` has no receiver left; blocks its thread until then.
pub fn rebuild_on_change(
    root: &Path,
    dest: &Path,
    mut built_from: Sources,
    interval: Duration,
    sites: &Sender<Arc<Site>>,
    report: impl Fn(Result<()>),
) {
    while !sites.is_closed() {
        thread::sleep(interval);
        // Looked at before the build: a change during the build starts another one.
        let now = Sources::look(root);
        if now != built_from {
            built_from = now;
            let token = sites.borrow().token().to_owned();
            let site = build::build(root, dest).and_then(|()| Site::load(dest, &token));
            report(site.map(|site| drop(sites.send_replace(Arc::new(site)))));
        }
    }
}
