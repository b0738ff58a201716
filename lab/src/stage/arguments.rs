//! The command line that every program has.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::error::ErrorKind;
use clap::{Parser, ValueEnum};
use url::Url;

use super::output;
use crate::slow_web;

/// The arguments of every program, and of its Python twin.
#[derive(Debug, Parser)]
#[command(
    about = "A program of the book While You Wait. Without addresses it starts a slow web of its own on this machine.",
    after_help = "Exit codes: 0 all well, 1 a site failed, 2 the program could not do what it was asked.",
    max_term_width = 80
)]
pub(super) struct Arguments {
    /// Addresses to fetch instead of the slow web's
    #[arg(value_name = "URL", value_parser = web_address)]
    pub(super) urls: Vec<Url>,

    /// How many sites; without --delay(s) their latencies are drawn from 50 to 200 ms. Programs that
    /// compute cut their work into as many chunks
    #[arg(long, value_name = "N", value_parser = number(1, 20_000))]
    pub(super) sites: Option<usize>,

    /// One latency for all sites
    #[arg(long, value_name = "MS", value_parser = millis(0, 60_000), conflicts_with = "delays")]
    delay: Option<Duration>,

    /// A latency for each site [default: 120,80,200,50,150]
    #[arg(long, value_name = "MS,MS,...", value_delimiter = ',', value_parser = millis(0, 60_000))]
    delays: Vec<Duration>,

    /// How many workers; programs without workers have no use for it
    #[arg(long, value_name = "N", value_parser = number(1, 10_000))]
    pub(super) workers: Option<usize>,

    /// How many times the list of sites is gone through
    #[arg(long, value_name = "N", default_value = "1", value_parser = number(1, 1_000))]
    pub(super) rounds: usize,

    /// The longest that one fetch may take, body included
    #[arg(long, value_name = "MS", default_value = "10000", value_parser = millis(1, 600_000))]
    pub(super) timeout: Duration,

    /// What the drawn latencies are drawn with
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,

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
    /// Reads the command line. On a bad argument one line is printed and the exit code is 2; help is no error.
    pub(super) fn from_command_line(program: &str) -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
            {
                // Nothing is lost when nobody reads the help to its end.
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            output::complain(program, &one_line(&error));
            ExitCode::from(2)
        })
    }

    /// The latency of each site of the slow web.
    pub(super) fn latencies(&self) -> Vec<Duration> {
        slow_web::latencies(self.sites, self.delay, &self.delays, self.seed)
    }
}

/// clap explains itself over several lines; the first paragraph says what is wrong.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let paragraph: Vec<&str> =
        text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let sentence = paragraph.join(" ");
    format!("{} (try --help)", sentence.strip_prefix("error: ").unwrap_or(&sentence))
}

fn web_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err("not http:// or https://".to_owned())
    }
}

fn number(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=most)
}

fn millis(
    least: u64,
    most: u64,
) -> impl clap::builder::TypedValueParser<Value = Duration> {
    use clap::builder::TypedValueParser as _;
    RangedU64ValueParser::<u64>::new().range(least..=most).map(Duration::from_millis)
}
