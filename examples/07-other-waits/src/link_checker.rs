//! A concurrent link checker: every address once, within limits, and what is known is kept.
//!
//! Everything is an address: a file is a `file://` one. From what to [`start`] with, [`crawl`] finds pages, [`extract`] finds
//! the links on them, [`check`] asks for each address by way of a [`Web`](web::Web), and [`report`] says what came of it.

pub mod check;
pub mod crawl;
pub mod extract;
pub mod journal;
pub mod limits;
pub mod once;
pub mod report;
pub mod robots;
pub mod start;
pub mod web;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use asynchronous::retry::Backoff;
use serde::{Deserialize, Serialize};
use url::Url;

/// How to check.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many requests may be in flight, in all.
    pub at_once: usize,
    /// How many to one host and port.
    pub per_host: usize,
    /// The least time between the beginnings of two requests to one host.
    pub delay: Duration,
    /// How long one request may take, body included.
    pub timeout: Duration,
    /// How long one address may take with all its tries, waits and redirects. The time in our own queues is not counted.
    pub deadline: Duration,
    /// How often to try, and how long to wait in between.
    pub backoff: Backoff,
    /// How many redirects of one address are followed.
    pub redirects: usize,
    /// Whether addresses of http and https are asked for at all; files always are.
    pub offline: bool,
    /// Whether robots.txt is asked for and obeyed.
    pub robots: bool,
    /// Where a link that begins with `/` leads in a file, as a folder's `file://` address.
    pub root: Option<Url>,
    /// An address that begins with one of these is not asked for.
    pub exclude: Vec<String>,
    /// Seeds the jitter.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let (base, cap) = (Duration::from_millis(500), Duration::from_secs(10));
        Self {
            at_once: 32,
            per_host: 4,
            delay: Duration::ZERO,
            timeout: Duration::from_secs(10),
            deadline: Duration::from_mins(1),
            backoff: Backoff { base, cap, attempts: 3, jitter: true },
            redirects: 5,
            offline: false,
            robots: true,
            root: None,
            exclude: Vec::new(),
            seed: 0,
        }
    }
}

/// Where a link stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The page that has it.
    pub page: Url,
    /// The line, counted from 1.
    pub line: usize,
}

/// What came of one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Outcome {
    /// It is there, and so are all fragments that were asked for.
    Fine,
    /// It is there, but has no element of these ids.
    NoFragment {
        /// Each as it is written in links, sorted, with the links that have it.
        fragments: BTreeMap<String, BTreeSet<Place>>,
    },
    /// It is not there, or could not be had.
    Broken {
        /// What happened.
        why: Broken,
    },
    /// It was not asked for.
    Skipped {
        /// The reason.
        why: Skipped,
    },
    /// An interrupt came first. A later run begins here.
    NotChecked,
}

/// Why an address is broken: what the last try came to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Broken {
    /// The address itself makes no sense.
    #[error("not an address: {text}")]
    Invalid {
        /// What was written there.
        text: String,
    },
    /// No such file.
    #[error("no such file")]
    NoFile,
    /// A file that cannot be read, or a page that is too large to be.
    #[error("cannot be read: {text}")]
    Unreadable {
        /// What the system said.
        text: String,
    },
    /// A status that is neither success nor a redirect.
    #[error("status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// A redirect too many, or back to where it came from.
    #[error("redirects without end")]
    Redirects,
    /// A redirect that says no address, or not one for HTTP.
    #[error("redirects to nowhere: {text}")]
    BadRedirect {
        /// The `Location` that was given, or nothing.
        text: String,
    },
    /// Nothing listens there.
    #[error("refused")]
    Refused,
    /// One request, or all of them, took too long.
    #[error("timeout")]
    Timeout,
    /// The connection was lost, the name is not known, TLS failed, or the body broke off.
    #[error("connection: {text}")]
    Connection {
        /// What the client said.
        text: String,
    },
    /// The code that read it panicked. The others are not lost by it.
    #[error("the checker panicked")]
    Panicked,
}

/// Why an address was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skipped {
    /// It would need a network, and none may be asked.
    #[error("offline")]
    Offline,
    /// robots.txt forbids it.
    #[error("robots.txt")]
    Robots,
    /// `mailto:` and other schemes that nobody can ask.
    #[error("scheme")]
    Scheme,
    /// The settings exclude it.
    #[error("excluded")]
    Excluded,
}

/// Everything known about one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// What came of it.
    pub outcome: Outcome,
    /// How many requests were sent for it, redirects and tries included.
    pub requests: u32,
    /// Where it led, if it was redirected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redirected_to: Option<Url>,
    /// Every link that leads to it, sorted.
    pub places: BTreeSet<Place>,
}

/// What is known at the end: every address that was found, exactly once, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// By address, without its fragment.
    pub addresses: BTreeMap<Url, Checked>,
}
