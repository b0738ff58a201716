//! What is known, for people and for programs, in an order that is always the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use url::Url;

use super::{Broken, Checked, Known, Outcome, Place};

/// The columns of a terminal.
const WIDTH: usize = 80;

/// How many addresses came to what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// They are there, with every fragment that was asked for.
    pub fine: usize,
    /// They are not, or a fragment is missing.
    pub broken: usize,
    /// Nobody asked for them; by reason.
    pub skipped: BTreeMap<String, usize>,
    /// An interrupt came first.
    pub not_checked: usize,
}

/// Counts the addresses by what came of them.
pub fn counts(known: &Known) -> Counts {
    let mut counts = Counts::default();
    for checked in known.addresses.values() {
        match &checked.outcome {
            Outcome::Fine => counts.fine += 1,
            Outcome::NoFragment { .. } | Outcome::Broken { .. } => counts.broken += 1,
            Outcome::Skipped { why } => {
                *counts.skipped.entry(why.to_string()).or_default() += 1;
            }
            Outcome::NotChecked => counts.not_checked += 1,
        }
    }
    counts
}

// ANCHOR: lines
/// A broken link. The order of its fields is that of the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    /// `None` for what the run was to begin with: no page has it.
    place: Option<Place>,
    address: String,
    why: String,
}

/// Every broken link, sorted, whatever the order in which the answers came.
fn lines(known: &Known) -> BTreeSet<Line> {
    known.addresses.iter().flat_map(|(url, checked)| broken(url, checked)).collect()
}
// ANCHOR_END: lines

/// The links to this address that are broken.
fn broken(url: &Url, checked: &Checked) -> Vec<Line> {
    match &checked.outcome {
        // Its key in `Known` is made of it, and nothing to copy.
        Outcome::Broken { why: Broken::Invalid { text } } => {
            at_each(&checked.places, text, "not an address")
        }
        Outcome::Broken { why } => {
            at_each(&checked.places, url.as_str(), &why.to_string())
        }
        Outcome::NoFragment { fragments } => {
            let with =
                |(id, places)| at_each(places, &format!("{url}#{id}"), "no such id");
            fragments.iter().flat_map(with).collect()
        }
        Outcome::Fine | Outcome::Skipped { .. } | Outcome::NotChecked => Vec::new(),
    }
}

fn at_each(places: &BTreeSet<Place>, address: &str, why: &str) -> Vec<Line> {
    let line = |place| Line { place, address: address.to_owned(), why: why.to_owned() };
    if places.is_empty() {
        return vec![line(None)];
    }
    places.iter().cloned().map(Some).map(line).collect()
}

/// For people: the broken links, page by page, and how many addresses came to what.
///
/// Addresses below `here`, the address of a folder, are shortened by it.
pub fn text(known: &Known, here: Option<&Url>) -> String {
    let short = |address: &str| {
        let bare = here.and_then(|here| address.strip_prefix(here.as_str()));
        bare.filter(|bare| !bare.is_empty()).unwrap_or(address).to_owned()
    };
    let mut text = String::new();
    let mut page = None;
    for line in lines(known) {
        let of = line.place.as_ref().map(|place| place.page.clone());
        if page.as_ref() != Some(&of) {
            let name = of.as_ref().map(|url| short(url.as_str()));
            text += name.as_deref().unwrap_or("to begin with");
            text.push('\n');
            page = Some(of);
        }
        let number = line.place.map(|place| place.line.to_string()).unwrap_or_default();
        text += &entry(&number, &short(&line.address), &line.why);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text + &summary(&counts(known))
}

/// A broken link; on two lines where one is too short for it. An address is never cut: it is there to be copied.
fn entry(number: &str, address: &str, why: &str) -> String {
    let printable = |text: &str| text.replace(char::is_control, " ");
    let (address, why) = (printable(address), printable(why));
    let line = format!("{number:>6}  {address}: {why}\n");
    if line.chars().count() <= WIDTH + 1 {
        return line;
    }
    format!("{number:>6}  {address}\n        {why}\n")
}

fn summary(counts: &Counts) -> String {
    let mut text = String::new();
    let mut count = |what: &str, n: usize, why: &str| {
        // Writing to a String cannot fail.
        let noun = if n == 1 { "address" } else { "addresses" };
        let _ = writeln!(text, "{what:<12}{n:>6} {noun}{why}");
    };
    count("fine", counts.fine, "");
    for (why, n) in &counts.skipped {
        count("skipped", *n, &format!(": {why}"));
    }
    if counts.not_checked > 0 {
        count("not checked", counts.not_checked, ": interrupted");
    }
    if counts.broken > 0 {
        count("broken", counts.broken, "");
    } else {
        text += "nothing broken\n";
    }
    text
}

/// For programs: all of it, as one JSON object.
///
/// # Errors
///
/// When it cannot be put into JSON, which does not happen with what a run knows.
pub fn json(known: &Known) -> serde_json::Result<String> {
    serde_json::to_string_pretty(known)
}
