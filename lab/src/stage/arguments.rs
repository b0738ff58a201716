//! The command line that every program has.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use url::Url;

use crate::command_line::{SiteArguments, millis, number};

/// The most fetches, or chunks of work, of one run: each is kept until the end, with its span.
const MOST_UNITS: usize = 100_000;

/// The arguments of every program, and of its Python twin.
#[derive(Debug, Parser)]
#[command(
    about = "A program of the book While You Wait. Without addresses it starts a slow web of its own on this machine.",
    after_help = "Exit codes: 0 all well, 1 a site failed, 2 the program could not do what it was asked.",
    max_term_width = 80
)]
pub(super) struct Arguments {
    /// Addresses to fetch, instead of the slow web's sites; a path (/cut) is one of the slow web's own
    #[arg(value_name = "URL", value_parser = address)]
    pub(super) urls: Vec<Address>,

    #[command(flatten)]
    pub(super) sites: SiteArguments,

    /// How many workers; programs without workers have no use for it
    #[arg(long, value_name = "N", value_parser = number(1, 10_000))]
    pub(super) workers: Option<usize>,

    /// How often the list of sites, or of chunks, is repeated
    #[arg(long, value_name = "N", default_value = "1", value_parser = number(1, 1_000))]
    pub(super) rounds: usize,

    /// The longest that one fetch may take, body included
    #[arg(long, value_name = "MS", default_value = "10000", value_parser = millis(1, 600_000))]
    pub(super) timeout: Duration,

    /// What to print: text for people, or one JSON object for programs
    #[arg(long, default_value = "text")]
    pub(super) format: Format,

    /// Also draw the timeline as SVG into this file
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,

    /// Also write a Chrome trace, for ui.perfetto.dev, into this file
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
}

/// What a program prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

impl Arguments {
    /// How many sites there are: those given, or those of the slow web.
    pub(super) fn number_of_sites(&self) -> usize {
        if self.urls.is_empty() { self.sites.latencies().len() } else { self.urls.len() }
    }

    /// Refuses more units of work than can be kept in memory; there are `n` of them in each round.
    pub(super) fn check_units(&self, n: usize) -> Result<(), String> {
        if n.saturating_mul(self.rounds) <= MOST_UNITS {
            return Ok(());
        }
        Err(format!(
            "{n} times {} rounds is more than {MOST_UNITS} (try --help)",
            self.rounds
        ))
    }
}

/// What to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A path on the slow web of this program.
    Ours(String),
    Elsewhere(Url),
}

fn address(text: &str) -> Result<Address, String> {
    if text.starts_with('/') {
        return Ok(Address::Ours(text.to_owned()));
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(Address::Elsewhere(url))
    } else {
        Err("not http://, https:// or a path on the slow web".to_owned())
    }
}
