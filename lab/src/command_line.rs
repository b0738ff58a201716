//! What the command lines of all programs have in common: one line for a bad argument, and how slow the slow web is.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::{RangedU64ValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, Parser};

use crate::slow_web;

/// The most sites of a slow web, and the most chunks of work.
const MOST_SITES: u64 = 20_000;

/// Reads the command line of this process.
///
/// On a bad argument it prints one line to standard error and returns exit code 2; after printing the help it returns exit code
/// 0. Either way the program has nothing more to do.
pub fn parse<T: Parser>() -> Result<T, ExitCode> {
    T::try_parse().map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            // Nothing is lost when nobody reads the help to its end.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        complain(&one_line(&error));
        ExitCode::from(2)
    })
}

/// Prints one line to standard error, after the program's name. If even that cannot be written, the exit code has to do.
pub fn complain(problem: &str) {
    let problem = problem.trim_end().replace(char::is_control, " ");
    let _ = writeln!(io::stderr(), "{}: {problem}", program_name());
}

/// An error with all its causes, on one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |mut line, cause| {
        let cause = cause.to_string();
        // Many errors end with the words of their cause already.
        if !line.ends_with(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
        line
    })
}

/// The name that this program was called by, without folders and ending.
pub fn program_name() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    let stem = Path::new(&path).file_stem();
    stem.map_or_else(|| "program".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// clap explains itself over several lines; the first paragraph says what is wrong.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let paragraph: Vec<&str> =
        text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let sentence = paragraph.join(" ");
    format!("{} (try --help)", sentence.strip_prefix("error: ").unwrap_or(&sentence))
}

/// How many sites the slow web has, and how slow they are.
#[derive(Debug, Clone, Args)]
pub struct SiteArguments {
    /// How many sites; without --delay(s) their latencies are drawn from 50 to 200 ms. Programs that
    /// compute cut their work into as many chunks
    #[arg(long, value_name = "N", value_parser = number(1, MOST_SITES))]
    pub sites: Option<usize>,

    /// One latency for all sites
    #[arg(long, value_name = "MS", value_parser = millis(0, slow_web::MAX_DELAY_MS), conflicts_with = "delays")]
    pub delay: Option<Duration>,

    /// A latency for each site [default: 120,80,200,50,150]
    #[arg(long, value_name = "MS,MS,...", value_delimiter = ',', value_parser = millis(0, slow_web::MAX_DELAY_MS))]
    pub delays: Vec<Duration>,

    /// What the drawn latencies are drawn with
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

impl SiteArguments {
    /// The latency of each site, in the order of the sites.
    pub fn latencies(&self) -> Vec<Duration> {
        slow_web::latencies(self.sites, self.delay, &self.delays, self.seed)
    }
}

/// A parser for a whole number, both ends included.
pub fn number(least: u64, most: u64) -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<usize>::new().range(least..=most)
}

/// A parser for a time in whole milliseconds, both ends included.
pub fn millis(least: u64, most: u64) -> impl TypedValueParser<Value = Duration> {
    RangedU64ValueParser::<u64>::new().range(least..=most).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::with_causes;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot begin")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_are_told_once_each() {
        let outer = Outer(std::io::Error::other("no such file"));
        assert_eq!(with_causes(&outer), "cannot begin: no such file");
        // This one ends with the words of its cause.
        assert_eq!(
            with_causes(&std::io::Error::other(outer)),
            "cannot begin: no such file"
        );
    }
}
