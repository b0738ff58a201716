//! What to begin with: a folder, a file, or an address.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use url::Url;
use walkdir::{DirEntry, WalkDir};

use super::web::Kind;

/// Where a run begins, and how far it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Starts {
    /// The pages to read first, sorted. Of a folder, all that lie in it.
    pub pages: Vec<Url>,
    /// A page whose address begins with one of these is read for links too; of others it is only asked whether they are there.
    pub within: Vec<Url>,
    /// What was given, as addresses, sorted: how a later run knows that it is the same.
    pub given: Vec<Url>,
}

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nothing of that name, or it cannot be read.
    #[error("{given}: {error}")]
    Unreadable {
        /// What was given, or what lies below it.
        given: String,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// An address that nobody here can ask.
    #[error("{given}: not an address of http or https")]
    Address {
        /// What was given.
        given: String,
    },
    /// Nothing to read.
    #[error("{given}: no page in it (.html, .htm, .md, .markdown)")]
    NoPage {
        /// What was given.
        given: String,
    },
}

/// What is written in this file, by its name; `None` for what has no links that we could read.
pub fn kind(path: &Path) -> Option<Kind> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "html" | "htm" => Some(Kind::Html),
        "md" | "markdown" => Some(Kind::Markdown),
        _ => None,
    }
}

/// Where to begin with what a user gave: folders, files, and addresses of http and https.
///
/// # Errors
///
/// For the first that is none of these, cannot be read, or has no page.
pub fn starts(given: &[String]) -> Result<Starts, StartError> {
    let (mut pages, mut within, mut roots) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for given in given {
        if let Some(url) = address(given)? {
            // The folder that the page is in, and what is below it.
            within.extend(url.join("."));
            pages.insert(url.clone());
            roots.insert(url);
        } else {
            let unreadable =
                |error| StartError::Unreadable { given: given.clone(), error };
            // One file has one address, by whatever way it was come to.
            let path = Path::new(given).canonicalize().map_err(unreadable)?;
            let below = pages_below(&path)?;
            if below.is_empty() {
                return Err(StartError::NoPage { given: given.clone() });
            }
            pages.extend(below);
            roots.extend(Url::from_file_path(&path));
        }
    }
    let sorted = |urls: BTreeSet<Url>| urls.into_iter().collect();
    Ok(Starts { pages: sorted(pages), within: sorted(within), given: sorted(roots) })
}

/// `None` for what is the name of a file.
fn address(given: &str) -> Result<Option<Url>, StartError> {
    let no_address = || StartError::Address { given: given.to_owned() };
    if !given.contains("://") {
        return Ok(None);
    }
    let mut url = Url::parse(given).map_err(|_| no_address())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(no_address());
    }
    url.set_fragment(None);
    Ok(Some(url))
}

// ANCHOR: pages_below
/// The pages in a folder and below, but for what is hidden; or the one that is given,
/// whatever its ending.
fn pages_below(path: &Path) -> Result<BTreeSet<Url>, StartError> {
    let shown = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let mut pages = BTreeSet::new();
    for entry in WalkDir::new(path).follow_links(true).into_iter().filter_entry(shown) {
        match entry {
            Ok(entry) if !entry.file_type().is_file() => {}
            Ok(entry) if entry.depth() == 0 || kind(entry.path()).is_some() => {
                pages.extend(Url::from_file_path(entry.path()));
            }
            Ok(_) => {}
            // Round in a circle, or nowhere: what it should lead to is not lost by it.
            Err(error) if leads_nowhere(&error) => {}
            Err(error) => {
                let given = error.path().unwrap_or(path).display().to_string();
                return Err(StartError::Unreadable { given, error: error.into() });
            }
        }
    }
    Ok(pages)
}
// ANCHOR_END: pages_below

fn leads_nowhere(error: &walkdir::Error) -> bool {
    let missing =
        error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    error.loop_ancestor().is_some() || (missing && error.depth() > 0)
}
