//! Single figures for the pages, each under an anchor.
//!
//! A page says `{{#include ../recorded/bench/figures.md:thousand--rust--threads--limit}}` in the middle of a sentence. The parts of
//! an anchor are separated by `--`, which no identifier contains.

use choosing::measured::{Measured, Row, Run, Table};

use crate::derived::{Kind, median, memory_each, over, rate, threads, time_each, took};
use crate::numbers::{count, memory, nominal, range, short_time, three, time, times};

/// The pairs that pages compare: the first row's figure over the second's, pair by pair.
///
/// In the order of the tables. Each is the anchor itself, `vs--TABLE--BY--ROW--BY--ROW`: of the job, or of the whole process where there is no job. `vs-cpu--...`
/// and `vs-memory--...` compare the CPU time and the peak of memory.
pub(crate) const PAIRS: &[&str] = &[
    "vs--starting--python--nothing--rust--nothing",
    "vs--five--python--threads--python--asyncio",
    "vs--five--python--threads--rust--threads",
    "vs--thousand--python--httpx--python--asyncio",
    "vs--thousand--python--threads--python--asyncio",
    "vs--clients--python--no-session--python--session",
    "vs--clients--python--no-session--rust--client-each",
    "vs--clients--python--no-session--rust--shared-client",
    "vs--clients--python--session--rust--shared-client",
    "vs--clients--rust--client-each--python--no-session",
    "vs--clients--rust--client-each--rust--shared-client",
    "vs--primes--python--sequential--python--processes",
    "vs--primes--python--sequential--python--threads",
    "vs--primes--python--sequential--rust--sequential",
    "vs--primes--python--threads--python--sequential",
    "vs--primes--python-313t--sequential--python-313--sequential",
    "vs--primes--python-313t--sequential--python-313t--threads",
    "vs--hash-small--python--sequential--python--pool",
    "vs--hash-small--python--sequential--rust--sequential",
    "vs--hash-small--python-313t--sequential--python-313t--pool",
    "vs--hash-large--python--sequential--python--pool",
    "vs--hash-large--python--sequential--rust--sequential",
    "vs--hash-large--rust--processes--rust--sequential",
    "vs--sweep-32--python--pool--rust--pool",
    "vs--sweep-4--python--pool--rust--pool",
    "vs-cpu--sweep-32--python--pool--rust--pool",
];

/// All figures that the data has, as one Markdown file.
pub(crate) fn draw(measured: &Measured) -> String {
    let mut figures: Vec<(String, String)> = vec![];
    for table in &measured.about.tables {
        figures.extend(of_table(measured, table));
        for row in measured.rows(&table.id) {
            let prefix = format!("{}--{}--{}", table.id, row.by, row.row);
            let figures_of_row = of_row(measured, table, &row).into_iter();
            figures.extend(figures_of_row.filter_map(|(figure, text)| {
                text.map(|text| (format!("{prefix}--{figure}"), text))
            }));
        }
    }
    let pairs = PAIRS
        .iter()
        .filter_map(|pair| Some(((*pair).to_owned(), of_pair(measured, pair)?)));
    figures.extend(pairs);
    let sections: Vec<String> = figures
        .into_iter()
        .map(|(anchor, text)| {
            format!("<!-- ANCHOR: {anchor} -->\n{text}\n<!-- ANCHOR_END: {anchor} -->\n")
        })
        .collect();
    sections.concat()
}

/// The limit of a table, and how often its rows were run.
fn of_table(measured: &Measured, table: &Table) -> Vec<(String, String)> {
    let runs = measured.rows(&table.id).iter().map(|row| row.runs.len()).min();
    let figures =
        [("limit", table.limit_ms.map(nominal)), ("runs", runs.map(|n| n.to_string()))];
    figures
        .into_iter()
        .filter_map(|(figure, text)| Some((format!("{}--{figure}", table.id), text?)))
        .collect()
}

/// The figures of a row, where it has them.
fn of_row(
    measured: &Measured,
    table: &Table,
    row: &Row<'_>,
) -> Vec<(&'static str, Option<String>)> {
    let kind = Kind::of(table);
    let is_units = kind == Kind::Units;
    let is_sweep = matches!(kind, Kind::Sweep(_));
    let job = if kind == Kind::Starting { None } else { row.spread(|run| run.job_ms) };
    let most = |figure: fn(&Run) -> Option<u64>| {
        row.runs.iter().filter_map(|run| figure(run)).max().map(count)
    };
    let each = match kind {
        Kind::Units => memory_each(measured, row, table.units),
        _ => None,
    };
    let share = time_each(row, table.units).map(|spread| short_time(spread.median));
    let mut figures = vec![
        ("job", job.map(|job| time(job.median))),
        ("spread", row.spread(took(row)).map(range)),
        ("wall", median(row, |run| run.wall_ms).map(time)),
        ("cpu", median(row, |run| run.cpu_ms).map(time)),
        ("memory", median(row, |run| run.memory_kib as f64).map(memory)),
        ("threads", most(threads)),
        ("in-flight", most(|run| run.in_flight)),
        ("connections", most(|run| run.connections)),
        ("limit", row.ratio_to_limit(table).map(|ratio| times(ratio.median))),
        ("each", each.map(memory)),
        ("start", share.clone().filter(|_| is_units)),
        ("per", share.filter(|_| kind == Kind::Counter || table.id == "clients")),
        ("rate", rate(row, table).filter(|_| is_sweep).map(|rate| three(rate.median))),
        ("page", time_of_a_page(row, table).map(time)),
    ];
    if is_sweep {
        // Its rows are many, and no page asks for these: the file stays smaller.
        figures.retain(|(figure, _)| !["wall", "memory", "connections"].contains(figure));
    }
    figures
}

/// How long a page takes in a sweep, by Little's law turned round: the workers divided by the pages a millisecond.
fn time_of_a_page(row: &Row<'_>, table: &Table) -> Option<f64> {
    let Kind::Sweep(workers) = Kind::of(table) else { return None };
    Some(workers as f64 * 1e3 / rate(row, table)?.median)
}

/// One of [`PAIRS`]; nothing where the data has not got both rows.
fn of_pair(measured: &Measured, pair: &str) -> Option<String> {
    let parts: Vec<&str> = pair.split("--").collect();
    let [figure, table, by, row, other_by, other_row] = parts[..] else { return None };
    let a = measured.row(table, by, row)?;
    let b = measured.row(table, other_by, other_row)?;
    let ratio = match figure {
        "vs" => over(&a, &b, took(&a)),
        "vs-cpu" => over(&a, &b, |run| run.cpu_ms),
        "vs-memory" => over(&a, &b, |run| run.memory_kib as f64),
        _ => None,
    };
    ratio.map(|ratio| times(ratio.median))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derived::tests::made_up;

    /// The text under an anchor, as mdBook takes it.
    fn figure(text: &str, anchor: &str) -> Option<String> {
        let lines: Vec<&str> = text
            .lines()
            .skip_while(|line| *line != format!("<!-- ANCHOR: {anchor} -->"))
            .skip(1)
            .take_while(|line| *line != format!("<!-- ANCHOR_END: {anchor} -->"))
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    #[test]
    fn each_figure_is_one_line_with_its_unit() {
        let text = draw(&made_up());
        for (anchor, wanted) in [
            ("thousand--limit", "100 ms"),
            ("thousand--runs", "3"),
            ("thousand--rust--threads--job", "140 ms"),
            ("thousand--rust--threads--spread", "130 to 150 ms"),
            ("thousand--rust--threads--wall", "150 ms"),
            ("thousand--rust--threads--cpu", "90.0 ms"),
            ("thousand--rust--threads--memory", "25 MiB"),
            ("thousand--rust--threads--threads", "1,003"),
            ("thousand--rust--threads--in-flight", "1,000"),
            ("thousand--rust--threads--limit", "1.4 times"),
            ("thousand--python--threads--job", "1.05 s"),
            ("starting--python--requests--spread", "150 ms"),
            ("clients--python--no-session--connections", "300"),
            ("clients--python--no-session--per", "2.0 ms"),
            ("units-1000--rust--thread--each", "9.6 KiB"),
            ("units-1000--rust--thread--start", "31 µs"),
            ("counter--rust--mutex--per", "22 ns"),
            ("sweep-256--rust--pool--rate", "1,540"),
            ("sweep-256--rust--pool--page", "166 ms"),
        ] {
            assert_eq!(figure(&text, anchor).as_deref(), Some(wanted), "{anchor}");
        }
        for line in text.lines() {
            assert!(
                !line.is_empty() && !line.contains("NaN") && !line.contains("inf"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_not_known_has_no_anchor() {
        let text = draw(&made_up());
        for anchor in [
            "starting--rust--nothing--job",
            "starting--rust--nothing--limit",
            "units-0--rust--thread--each",
            "thousand--rust--threads--per",
            "thousand--rust--sequential--job",
            "sweep-8--rust--pool--memory",
        ] {
            assert_eq!(figure(&text, anchor), None, "{anchor}");
        }
    }

    #[test]
    fn pairs_are_compared_run_by_run() {
        let measured = made_up();
        let of_pair = |pair| of_pair(&measured, pair);
        let pair = "vs--thousand--python--threads--rust--threads";
        assert_eq!(of_pair(pair).as_deref(), Some("7.5 times"));
        let start = "vs--starting--python--requests--rust--nothing";
        assert_eq!(of_pair(start).as_deref(), Some("100 times"));
        let cpu = "vs-cpu--thousand--python--threads--rust--threads";
        assert_eq!(of_pair(cpu).as_deref(), Some("12 times"));
        let memory = "vs-memory--thousand--python--threads--rust--threads";
        assert_eq!(of_pair(memory).as_deref(), Some("3.5 times"));
        assert_eq!(of_pair("vs--thousand--python--threads--rust--nobody"), None);
    }

    #[test]
    fn every_pair_is_an_anchor_and_there_once() {
        for (i, pair) in PAIRS.iter().enumerate() {
            let parts: Vec<&str> = pair.split("--").collect();
            assert_eq!(parts.len(), 6, "{pair}");
            assert!(["vs", "vs-cpu", "vs-memory"].contains(&parts[0]), "{pair}");
            assert!(!PAIRS[..i].contains(pair), "{pair} is there twice");
        }
    }

    #[test]
    fn no_anchor_is_there_twice() {
        let text = draw(&made_up());
        let mut anchors: Vec<&str> =
            text.lines().filter(|l| l.contains("ANCHOR: ")).collect();
        let all = anchors.len();
        anchors.sort_unstable();
        anchors.dedup();
        assert!(all > 100 && anchors.len() == all);
    }
}
