//! A reader's own run beside the recorded one.

use std::fmt::Write as _;

use choosing::measured::{By, Measured, Row, Table};
use choosing::statistics::Spread;

use crate::derived::took;
use crate::labels::label;
use crate::numbers::{Unit, three, time};
use crate::tables::described;

/// What fits into a terminal.
const COLUMNS: usize = 80;

/// Two measurements side by side: first what differs in machine and interpreters, then each table that both have.
///
/// No line is wider than 80 columns, unless a single word is. The ratio is that of the medians; runs on two machines are no pairs.
pub(crate) fn compare(theirs: &Measured, yours: &Measured) -> String {
    let mut text = machines(theirs, yours);
    text += &interpreters(&theirs.about.by, &yours.about.by);
    text += "\n";
    text += &wrapped(
        "Medians. ratio: yours over theirs, so below 1 yours was quicker; overlap: the runs of \
         one side lie among those of the other, so nothing follows from the ratio.",
        "",
    );
    for table in &theirs.about.tables {
        if let Some(other) = yours.table(&table.id) {
            text += &tables((theirs, table), (yours, other));
        }
    }
    text += &only("theirs", theirs, yours);
    text += &only("yours", yours, theirs);
    text
}

fn machines(theirs: &Measured, yours: &Measured) -> String {
    if theirs.about.machine == yours.about.machine {
        return wrapped(
            &format!("One machine: {}.", theirs.about.machine.join("; ")),
            "  ",
        );
    }
    let line = |whose: &str, machine: &[String]| {
        wrapped(&format!("{whose} machine: {}.", machine.join("; ")), "  ")
    };
    line("Their", &theirs.about.machine) + &line("Your", &yours.about.machine)
}

/// The languages that are not the same on both sides.
fn interpreters(theirs: &[By], yours: &[By]) -> String {
    let mut ids: Vec<&str> =
        theirs.iter().chain(yours).map(|by| by.id.as_str()).collect();
    let mut seen = Vec::new();
    ids.retain(|id| {
        !seen.contains(id) && {
            seen.push(id);
            true
        }
    });
    let of = |side: &[By], id: &str| {
        side.iter().find(|by| by.id == id).map_or_else(|| "none".to_owned(), described)
    };
    ids.into_iter()
        .map(|id| (id, of(theirs, id), of(yours, id)))
        .filter(|(_, theirs, yours)| theirs != yours)
        .map(|(id, theirs, yours)| {
            wrapped(&format!("{id}: theirs is {theirs}, yours {yours}."), "  ")
        })
        .collect()
}

/// One table of both sides, or why it cannot be compared.
fn tables(
    (theirs, table): (&Measured, &Table),
    (yours, other): (&Measured, &Table),
) -> String {
    let mut text = "\n".to_owned();
    if (&table.title, table.units) != (&other.title, other.units) {
        return text
            + &wrapped(
                &format!(
                    "{}: not the same work, so not compared. Theirs: {}; yours: {}.",
                    table.id, table.title, other.title
                ),
                "  ",
            );
    }
    text += &wrapped(&format!("{}: {}", table.id, table.title), "  ");
    if table.limit_ms != other.limit_ms {
        let limit = |limit: Option<f64>| limit.map_or_else(|| "none".to_owned(), time);
        let (theirs, yours) = (limit(table.limit_ms), limit(other.limit_ms));
        text += &wrapped(&format!("  limit: theirs {theirs}, yours {yours}"), "    ");
    }
    let pairs: Vec<(Row<'_>, Row<'_>)> = theirs
        .rows(&table.id)
        .into_iter()
        .filter_map(|row| Some((yours.row(&table.id, row.by, row.row)?, row)))
        .map(|(yours, theirs)| (theirs, yours))
        .collect();
    if pairs.is_empty() {
        return text + "  no row is on both sides\n";
    }
    let spreads: Vec<(String, Spread, Spread)> =
        pairs.iter().filter_map(|(theirs, yours)| compared(theirs, yours)).collect();
    let unit = Unit::of_all(spreads.iter().flat_map(|(_, a, b)| [a.median, b.median]));
    let [theirs, yours] =
        ["theirs", "yours"].map(|whose| format!("{whose}, {}", unit.name));
    line(&mut text, ["", &theirs, &yours, "ratio", ""]);
    for (label, theirs, yours) in spreads {
        let [a, b] = [theirs, yours].map(|spread| three(spread.median / unit.ms));
        let ratio = three(yours.median / theirs.median);
        let overlap = if overlap(theirs, yours) { "overlap" } else { "" };
        line(&mut text, [&label, &a, &b, &ratio, overlap]);
    }
    text
}

fn compared(theirs: &Row<'_>, yours: &Row<'_>) -> Option<(String, Spread, Spread)> {
    // Where one side has no job, neither has: it is the same row.
    let figure = took(theirs);
    Some((short(theirs), theirs.spread(&figure)?, yours.spread(&figure)?))
}

/// The row's label as this table has room for it: `Python 3.13t` is what such a build calls itself.
fn short(row: &Row<'_>) -> String {
    label(row.by, row.row).replace(" without a GIL", "t")
}

/// Whether a run of one side could have been one of the other.
fn overlap(a: Spread, b: Spread) -> bool {
    a.least <= b.most && b.least <= a.most
}

/// Appends a line of the table: 80 columns at most, without blanks at the end.
fn line(text: &mut String, [label, theirs, yours, ratio, note]: [&str; 5]) {
    let label: String = label.chars().take(34).collect();
    let line = format!("  {label:<34} {theirs:>11} {yours:>11} {ratio:>8}  {note}");
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", line.trim_end());
}

/// Tables and rows that one side alone has.
fn only(whose: &str, side: &Measured, other: &Measured) -> String {
    let lines: Vec<String> = side
        .about
        .tables
        .iter()
        .filter_map(|table| {
            let rows = side.rows(&table.id);
            if other.table(&table.id).is_none() {
                return Some(format!("{}: all", table.id));
            }
            let missing: Vec<String> = rows
                .iter()
                .filter(|row| other.row(&table.id, row.by, row.row).is_none())
                .map(|row| short(row).replace(", ", " "))
                .collect();
            (!missing.is_empty()).then(|| format!("{}: {}", table.id, missing.join(", ")))
        })
        .map(|line| wrapped(&format!("  {line}"), "    "))
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("\nOnly in {whose}:\n{}", lines.concat())
}

/// The words of a text in lines that fit, those after the first indented; with a line feed at the end.
fn wrapped(text: &str, indent: &str) -> String {
    let first: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut lines = vec![first];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        let is_begun = !line.trim().is_empty();
        if is_begun && line.chars().count() + 1 + word.chars().count() > COLUMNS {
            lines.push(format!("{indent}{word}"));
        } else {
            line.push_str(if is_begun { " " } else { "" });
            line.push_str(word);
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derived::tests::made_up;

    /// Another machine, half as fast, with another Python; without one row and one table, with one more of each.
    fn another() -> Measured {
        let mut yours = made_up();
        yours.about.machine =
            vec!["A Long Name of a Processor ".repeat(4), "Linux 7".to_owned()];
        yours.about.by[1].name = "CPython 3.12.1".to_owned();
        yours.about.by.pop();
        for run in &mut yours.runs {
            run.job_ms *= if run.table == "clients" { 1.01 } else { 2.0 };
            run.wall_ms *= 2.0;
        }
        yours.runs.retain(|run| {
            (run.table.as_str(), run.row.as_str()) != ("thousand", "asyncio")
        });
        yours.about.tables.retain(|table| table.id != "sweep-8");
        yours.runs.retain(|run| run.table != "sweep-8");
        if let Some(table) =
            yours.about.tables.iter_mut().find(|table| table.id == "counter")
        {
            table.units = 1000;
        }
        if let Some(run) = yours.runs.iter_mut().find(|run| run.table == "starting") {
            run.row = "something".to_owned();
        }
        yours
    }

    #[test]
    fn what_differs_is_named_first() {
        let text = compare(&made_up(), &another());
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("Their machine: Some Processor; Linux 6.1."));
        assert!(
            lines
                .next()
                .is_some_and(|line| line.starts_with("Your machine: A Long Name"))
        );
        let one_line = text.replace("\n  ", " ");
        let python = "python: theirs is CPython 3.11.7, with a GIL (as the system has it), yours CPython 3.12.1, with a GIL (as the system has it).";
        assert!(one_line.contains(python), "{text}");
        assert!(one_line.contains("python-313t: theirs is CPython 3.13.5, without a GIL (--disable-gil), yours none."), "{text}");
        assert!(!text.contains("rust: theirs"), "{text}");
    }

    #[test]
    fn rows_of_both_stand_side_by_side() {
        let text = compare(&made_up(), &another());
        for line in [
            "                                      theirs, ms   yours, ms    ratio",
            "  Rust, a thread each                        140         280     2.00",
            "  Python, a thread each                    1,050       2,100     2.00",
            "  Rust, one client                          60.0        60.6     1.01  overlap",
            "  Python, requests                           150         301     2.00",
        ] {
            assert!(text.lines().any(|l| l == line), "{line:?} is not in\n{text}");
        }
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }

    #[test]
    fn what_one_side_alone_has_is_named() {
        let text = compare(&made_up(), &another());
        let (_, theirs) =
            text.split_once("\nOnly in theirs:\n").unwrap_or_else(|| panic!("{text}"));
        let (theirs, yours) =
            theirs.split_once("\nOnly in yours:\n").unwrap_or_else(|| panic!("{text}"));
        assert_eq!(theirs, "  thousand: Python asyncio aiohttp\n  sweep-8: all\n");
        assert_eq!(yours, "  starting: Rust something\n");
    }

    #[test]
    fn other_work_is_not_compared() {
        let text = compare(&made_up(), &another());
        assert!(text.contains("counter: not the same work, so not compared."), "{text}");
        assert!(!text.contains("Rust, mutex"), "{text}");
    }

    #[test]
    fn the_same_twice_differs_in_nothing() {
        let text = compare(&made_up(), &made_up());
        assert!(text.starts_with("One machine: Some Processor; Linux 6.1.\n"), "{text}");
        assert!(!text.contains("theirs is") && !text.contains("Only in"), "{text}");
        let rows = text.lines().filter(|line| line.ends_with("1.00  overlap")).count();
        assert_eq!(rows, 16, "{text}");
    }

    #[test]
    fn nothing_to_compare_is_no_panic() {
        let mut empty = made_up();
        empty.runs.clear();
        empty.about.tables.clear();
        let text = compare(&empty, &made_up());
        assert!(text.contains("Only in yours:\n  starting: all\n"), "{text}");
    }
}
