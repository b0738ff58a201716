//! The tables as Markdown, drawn from the data alone.
//!
//! A page includes such a file on a line of its own. It begins with a line of text and ends with the rows that were left out.

use choosing::measured::{By, LeftOut, Measured, Row, Run, Table};
use choosing::statistics::Spread;

use crate::derived::{
    JOBS, Kind, SLOT_MS, SLOTS, best, median, memory_each, over, predicted, rate, steps,
    threads, time_each,
};
use crate::labels::{capital, label, words};
use crate::numbers::{MICROSECONDS, NANOSECONDS, Unit, count, nominal, short, three};

/// Every table, with the name of its file.
pub(crate) fn draw(measured: &Measured) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = measured
        .about
        .tables
        .iter()
        .filter(|table| !matches!(Kind::of(table), Kind::Sweep(_)))
        .map(|table| (format!("{}.md", table.id), draw_table(measured, table)))
        .collect();
    files.push(("sweep.md".to_owned(), draw_sweep(measured)));
    files.push(("headline.md".to_owned(), draw_headline(measured)));
    files.push(("machine.md".to_owned(), draw_machine(measured)));
    files
}

/// A column: its head, and a cell for each row where it has something to say there.
struct Column {
    head: String,
    cells: Vec<Option<String>>,
}

impl Column {
    fn new(head: impl Into<String>, cells: Vec<Option<String>>) -> Self {
        Self { head: head.into(), cells }
    }

    /// A time of each row in one unit for all, and how far it spreads.
    fn of_times(head: &str, rows: &[Row<'_>], figure: impl Fn(&Run) -> f64) -> Self {
        let unit = Unit::of_all(rows.iter().filter_map(|row| median(row, &figure)));
        let cell =
            |row: &Row<'_>| row.spread(|run| figure(run) / unit.ms).map(with_spread);
        Self::new(format!("{head}, {}", unit.name), rows.iter().map(cell).collect())
    }

    /// The median of each row.
    fn of_medians(head: &str, rows: &[Row<'_>], figure: impl Fn(&Run) -> f64) -> Self {
        let cell = |row: &Row<'_>| median(row, &figure).map(three);
        Self::new(head, rows.iter().map(cell).collect())
    }

    /// The most of all runs of each row, where the system or the web has counted.
    fn of_counts(
        head: &str,
        rows: &[Row<'_>],
        figure: impl Fn(&Run) -> Option<u64>,
    ) -> Self {
        let cell = |row: &Row<'_>| row.runs.iter().filter_map(|run| figure(run)).max();
        Self::new(head, rows.iter().map(|row| cell(row).map(count)).collect())
    }
}

fn draw_table(measured: &Measured, table: &Table) -> String {
    let rows = measured.rows(&table.id);
    let mut columns = vec![Column::new(
        "what ran",
        rows.iter().map(|row| Some(label(row.by, row.row))).collect(),
    )];
    match Kind::of(table) {
        Kind::Units if table.units > 0 => {
            columns.extend(unit_columns(measured, &rows, table));
        }
        Kind::Starting | Kind::Units => {
            columns.push(Column::of_times("process", &rows, |run| run.wall_ms));
        }
        Kind::Counter => columns.extend(counter_columns(&rows, table)),
        Kind::Job | Kind::Sweep(_) => columns.extend(job_columns(&rows, table)),
    }
    columns.extend(system_columns(&rows, table));
    let text = [
        introduction(&rows, table),
        as_markdown(&columns),
        gil_again(measured, &rows),
        left_out(&table.left_out),
    ];
    paragraphs(&text)
}

/// The job, its ratio to the limit, and the whole process.
fn job_columns(rows: &[Row<'_>], table: &Table) -> Vec<Column> {
    let to_limit = rows.iter().map(|row| row.ratio_to_limit(table));
    let process =
        Unit::of_all(rows.iter().filter_map(|row| median(row, |run| run.wall_ms)));
    vec![
        Column::of_times("job", rows, |run| run.job_ms),
        Column::new("× limit", to_limit.map(|r| r.map(|r| three(r.median))).collect()),
        Column::of_medians(&format!("process, {}", process.name), rows, |run| {
            run.wall_ms / process.ms
        }),
    ]
}

fn unit_columns(measured: &Measured, rows: &[Row<'_>], table: &Table) -> [Column; 2] {
    let start = |row: &Row<'_>| {
        time_each(row, table.units).map(|ms| with_spread(in_unit(ms, MICROSECONDS)))
    };
    let memory = |row: &Row<'_>| memory_each(measured, row, table.units).map(short);
    [
        Column::new("start each, µs", rows.iter().map(start).collect()),
        Column::new("memory each, KiB", rows.iter().map(memory).collect()),
    ]
}

fn counter_columns(rows: &[Row<'_>], table: &Table) -> [Column; 2] {
    let each = |row: &Row<'_>| {
        time_each(row, table.units).map(|ms| with_spread(in_unit(ms, NANOSECONDS)))
    };
    [
        Column::new("an increment, ns", rows.iter().map(each).collect()),
        Column::of_times("job", rows, |run| run.job_ms),
    ]
}

/// What the operating system and the web have counted.
fn system_columns(rows: &[Row<'_>], table: &Table) -> Vec<Column> {
    let cpu = Unit::of_all(rows.iter().filter_map(|row| median(row, |run| run.cpu_ms)));
    let mut columns = vec![
        Column::of_medians(&format!("CPU, {}", cpu.name), rows, |run| {
            run.cpu_ms / cpu.ms
        }),
        Column::new(
            "MiB",
            rows.iter()
                .map(|row| median(row, |run| run.memory_kib as f64 / 1024.0).map(three))
                .collect(),
        ),
        Column::of_counts("threads", rows, threads),
    ];
    if rows.iter().flat_map(|row| &row.runs).any(|run| run.in_flight > Some(1)) {
        columns.push(Column::of_counts("in flight", rows, |run| run.in_flight));
    }
    if table.id == "clients" {
        columns.push(Column::of_counts("connections", rows, |run| run.connections));
    }
    columns
}

/// What is done, what nothing can beat, and how often it was run.
fn introduction(rows: &[Row<'_>], table: &Table) -> String {
    let limit = table.limit_ms.map(|ms| {
        let what = table.limit.as_ref().map(|limit| format!(", {limit},"));
        format!(" The limit{} is {}.", what.unwrap_or_default(), nominal(ms))
    });
    let shares = match Kind::of(table) {
        Kind::Units if table.units > 0 => {
            " *Start each*: the time until all have begun, divided by their number. *Memory \
             each*: the peak with all of them less the peak with none, divided by their number."
        }
        Kind::Counter => {
            " *An increment*: the time of the job, divided by all increments of all threads."
        }
        _ => "",
    };
    let title = capital(&table.title);
    format!("**{title}.**{}{shares}{}", limit.unwrap_or_default(), runs(rows))
}

/// ` 7 runs of each: the median, and in brackets the least and the most.`
fn runs(rows: &[Row<'_>]) -> String {
    let numbers = || rows.iter().map(|row| row.runs.len());
    match (numbers().min(), numbers().max()) {
        (None, _) | (_, None) => " Nothing was run.".to_owned(),
        (Some(1), Some(1)) => " One run of each: no spread is known.".to_owned(),
        (Some(least), Some(most)) => {
            let number = if least == most {
                most.to_string()
            } else {
                format!("{least} to {most}")
            };
            format!(
                " {number} runs of each: the median, and in brackets the least and the most."
            )
        }
    }
}

/// The rows whose interpreter has no GIL, and had one when the job ended: an import may have asked for it.
fn gil_again(measured: &Measured, rows: &[Row<'_>]) -> String {
    let has_none = |id: &str| {
        measured.about.by.iter().any(|by| by.id == id && by.gil == Some(false))
    };
    let again: Vec<String> = rows
        .iter()
        .filter(|row| {
            has_none(row.by) && row.runs.iter().any(|run| run.gil == Some(true))
        })
        .map(|row| label(row.by, row.row))
        .collect();
    if again.is_empty() {
        String::new()
    } else {
        format!(
            "The GIL was on again at the end, because of what was imported: {}.",
            again.join("; ")
        )
    }
}

/// What was not run, a sentence for each reason.
fn left_out(rows: &[LeftOut]) -> String {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for LeftOut { by, row, why } in rows {
        let label = label(by, row);
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, labels)) => labels.push(label),
            None => reasons.push((why, vec![label])),
        }
    }
    // Sentences and not a list: what follows on the page may be a list, and would become part of it.
    let sentences: Vec<String> = reasons
        .into_iter()
        .map(|(why, labels)| {
            format!(" {} ({}).", labels.join("; "), why.trim_end_matches('.'))
        })
        .collect();
    if sentences.is_empty() {
        String::new()
    } else {
        format!("Left out:{}", sentences.concat())
    }
}

/// A line for each number of workers, a column for each row: pages a second, and how much that is of the prediction.
fn draw_sweep(measured: &Measured) -> String {
    let steps = steps(measured);
    let all: Vec<Row<'_>> =
        steps.iter().flat_map(|(_, table)| measured.rows(&table.id)).collect();
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for row in &all {
        if !kinds.contains(&(row.by, row.row)) {
            kinds.push((row.by, row.row));
        }
    }
    let of_steps = |cell: &dyn Fn(usize, &Table) -> Option<String>| {
        steps.iter().map(|(workers, table)| cell(*workers, table)).collect()
    };
    let mut columns = vec![
        Column::new("workers", of_steps(&|workers, _| Some(workers.to_string()))),
        Column::new("Little", of_steps(&|workers, _| Some(three(predicted(workers))))),
    ];
    columns.extend(kinds.iter().map(|(by, row)| {
        let cell = |workers, table: &Table| {
            let pages = rate(&measured.row(&table.id, by, row)?, table)?.median;
            Some(format!("{} ({:.2})", three(pages), pages / predicted(workers)))
        };
        Column::new(label(by, row), of_steps(&cell))
    }));
    let left: Vec<LeftOut> =
        steps.iter().flat_map(|(_, table)| table.left_out.clone()).collect();
    let text = format!(
        "**Pages a second from a web that serves {SLOTS} at once and takes {} for each.** \
         *Little*: workers, but at most the slots, divided by the time of a page. In brackets: \
         how much of that it is.{}",
        nominal(SLOT_MS),
        runs(&all).replace(", and in brackets the least and the most", ""),
    );
    paragraphs(&[text, as_markdown(&columns), left_out(&left)])
}

/// The best of Rust beside the best of Python, for each job.
fn draw_headline(measured: &Measured) -> String {
    let pairs: Vec<(&Table, Row<'_>, Row<'_>)> = JOBS
        .iter()
        .filter_map(|id| {
            let (rust, python) =
                (best(measured, id, "rust")?, best(measured, id, "python")?);
            Some((measured.table(id)?, rust, python))
        })
        .collect();
    let column =
        |head: &str, cell: &dyn Fn(&Table, &Row<'_>, &Row<'_>) -> Option<String>| {
            let cells =
                pairs.iter().map(|(table, rust, python)| cell(table, rust, python));
            Column::new(head, cells.collect())
        };
    let to_limit =
        |row: &Row<'_>, table: &Table| row.ratio_to_limit(table).map(with_spread);
    let columns = [
        column("job", &|table, _, _| Some(capital(&table.title))),
        column("Rust's quickest", &|_, rust, _| Some(words(rust.by, rust.row))),
        column("× limit", &|table, rust, _| to_limit(rust, table)),
        column("Python's quickest", &|_, _, python| Some(words(python.by, python.row))),
        column("× limit", &|table, _, python| to_limit(python, table)),
        column("Python / Rust", &|_, rust, python| {
            let ratio = over(python, rust, |run| run.job_ms)?;
            let level = if is_level(ratio) { ", level" } else { "" };
            Some(with_spread(ratio) + level)
        }),
    ];
    let language = |id: &str| measured.about.by.iter().find(|by| by.id == id);
    let names: Vec<&str> = ["rust", "python"]
        .iter()
        .filter_map(|id| Some(language(id)?.name.as_str()))
        .collect();
    let rows: Vec<Row<'_>> = pairs
        .iter()
        .flat_map(|(_, rust, python)| [rust.clone(), python.clone()])
        .collect();
    let text = format!(
        "**The quickest model of each language.** {}. The last column is how many times as long \
         Python's job took, pair by pair; *level* where the spread includes 1. The row of HTTP/2 \
         is left out, since no row of Python speaks it.{}",
        names.join(" and "),
        runs(&rows),
    );
    paragraphs(&[text, as_markdown(&columns)])
}

/// Whether one was quicker in some pairs, and the other in others.
pub(crate) fn is_level(ratio: Spread) -> bool {
    (ratio.least..=ratio.most).contains(&1.0)
}

/// Where, when and with what: a list.
fn draw_machine(measured: &Measured) -> String {
    let about = &measured.about;
    let mut lines = about.machine.clone();
    lines.extend(about.by.iter().map(described));
    if !about.date.is_empty() {
        lines.push(format!("Measured on {}", about.date));
    }
    paragraphs(&[lines
        .iter()
        .map(|line| format!("- {line}"))
        .collect::<Vec<_>>()
        .join("\n")])
}

/// A language with its GIL and its build, the GIL once: `CPython 3.11.7 (GIL on; built by GCC)`.
pub(crate) fn described(by: &By) -> String {
    let gil = match by.gil {
        Some(_) if by.build.contains("GIL") => "",
        Some(true) => ", with a GIL",
        Some(false) => ", without a GIL",
        None => "",
    };
    let build =
        if by.build.is_empty() { String::new() } else { format!(" ({})", by.build) };
    format!("{}{gil}{build}", by.name)
}

/// A Markdown table of the columns that say something, figures to the right; nothing where there are no rows.
fn as_markdown(columns: &[Column]) -> String {
    let columns: Vec<&Column> = columns
        .iter()
        .filter(|column| column.cells.iter().any(Option::is_some))
        .collect();
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    if rows == 0 {
        return String::new();
    }
    let is_figure = |column: &&Column| {
        let is_text = |cell: &String| cell.contains(char::is_alphabetic);
        !column.cells.iter().flatten().any(|cell| is_text(&cell.replace("level", "")))
    };
    let mut text = line(columns.iter().map(|column| escaped(&column.head)).collect());
    text += &line(
        columns
            .iter()
            .map(|column| if is_figure(column) { "---:" } else { "---" }.to_owned())
            .collect(),
    );
    for row in 0..rows {
        let cell = |column: &&Column| column.cells.get(row).cloned().flatten();
        text += &line(
            columns
                .iter()
                .map(|column| escaped(&cell(column).unwrap_or_default()))
                .collect(),
        );
    }
    text
}

/// In a table, a bar ends the cell.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

/// The median, and in brackets the least and the most: `203 (198–210)`.
fn with_spread(spread: Spread) -> String {
    let [least, median, most] = [spread.least, spread.median, spread.most].map(three);
    if least == most { median } else { format!("{median} ({least}–{most})") }
}

fn in_unit(ms: Spread, unit: Unit) -> Spread {
    let Spread { least, median, most } = ms;
    Spread { least: least / unit.ms, median: median / unit.ms, most: most / unit.ms }
}

/// The parts that are not empty, with a blank line between two.
fn paragraphs(parts: &[String]) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(|part| part.trim_end())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derived::tests::made_up;

    fn file(name: &str) -> String {
        let files = draw(&made_up());
        let file = files.into_iter().find(|(file, _)| file == name);
        file.map_or_else(|| panic!("no {name}"), |(_, text)| text)
    }

    #[test]
    fn a_job_with_its_limit() {
        let wanted = "\
**1,000 waits of 100 ms.** The limit, the longest wait, is 100 ms. 3 runs of each: the median, and in brackets the least and the most.

| what ran | job, ms | × limit | process, ms | CPU, ms | MiB | threads | in flight |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| Rust, a thread each | 140 (130–150) | 1.40 | 150 | 90.0 | 25.0 | 1,003 | 1,000 |
| Rust, async on one thread | 130 (128–132) | 1.30 | 140 | 80.0 | 30.0 | 1 | 1,000 |
| Python, a thread each | 1,050 (1,000–1,100) | 10.5 | 1,300 | 1,100 | 87.9 | 1,001 | 990 |
| Python, asyncio, aiohttp | 260 (250–270) | 2.60 | 500 | 400 | 58.6 | 1 | 1,000 |

Left out: Rust, one after another; Python, one after another (it would take 100 s).
";
        assert_eq!(file("thousand.md"), wanted);
    }

    #[test]
    fn columns_that_say_nothing_are_left_out() {
        let head = |name: &str| {
            let text = file(name);
            text.lines().find(|line| line.starts_with('|')).map(str::to_owned)
        };
        assert_eq!(
            head("starting.md").as_deref(),
            Some("| what ran | process, ms | CPU, ms | MiB | threads |")
        );
        assert_eq!(
            head("clients.md").as_deref(),
            Some(
                "| what ran | job, ms | process, ms | CPU, ms | MiB | threads | connections |"
            )
        );
        assert_eq!(
            head("counter.md").as_deref(),
            Some("| what ran | an increment, ns | job, ms | CPU, ms | MiB |"),
            "46 ms are too few to have seen its threads"
        );
    }

    #[test]
    fn units_and_increments_have_their_share() {
        let units = file("units-1000.md");
        assert!(
            units.contains("| Rust, a thread | 31.0 (30.0–32.0) | 9.6 | 40.0 |"),
            "{units}"
        );
        assert!(
            units.contains("| Python, a task | 9.00 (8.00–10.0) | 2.0 | 50.0 |"),
            "{units}"
        );
        assert!(units.contains("less the peak with none"), "{units}");
        let counter = file("counter.md");
        assert!(
            counter.contains("| Rust, a Mutex | 22.0 (20.0–24.0) | 44.0 (40.0–48.0) |"),
            "{counter}"
        );
    }

    #[test]
    fn the_sweep_is_one_table() {
        let sweep = file("sweep.md");
        let table: Vec<&str> =
            sweep.lines().filter(|line| line.starts_with('|')).collect();
        let wanted = [
            "| workers | Little | Rust, a pool of threads | Python, ThreadPoolExecutor |",
            "| ---: | ---: | ---: | ---: |",
            "| 8 | 400 | 376 (0.94) | 364 (0.91) |",
            "| 256 | 1,600 | 1,540 (0.96) |  |",
        ];
        assert_eq!(table, wanted);
        assert!(draw(&made_up()).iter().all(|(file, _)| !file.starts_with("sweep-")));
    }

    #[test]
    fn the_headline_has_the_best_of_each() {
        let headline = file("headline.md");
        let wanted = "| 1,000 waits of 100 ms | async on one thread | 1.30 (1.28–1.32) | asyncio, aiohttp | 2.60 (2.50–2.70) | 2.00 (1.95–2.05) |";
        assert!(headline.lines().any(|line| line == wanted), "{headline}");
        assert!(headline.contains("Rust 1.95.0 and CPython 3.11.7."), "{headline}");
        let spread = |least, most| Spread { least, median: 1.5, most };
        assert!(is_level(spread(0.9, 2.0)) && is_level(spread(1.0, 2.0)));
        assert!(!is_level(spread(1.1, 2.0)) && !is_level(spread(0.5, 0.9)));
    }

    #[test]
    fn the_gil_is_named_once() {
        let mut by = made_up().about.by.remove(1);
        assert_eq!(described(&by), "CPython 3.11.7, with a GIL (as the system has it)");
        by.build = "GIL on; built by GCC".to_owned();
        assert_eq!(described(&by), "CPython 3.11.7 (GIL on; built by GCC)");
    }

    #[test]
    fn the_machine_is_a_list() {
        let wanted = "\
- Some Processor
- Linux 6.1
- Rust 1.95.0 (optimised)
- CPython 3.11.7, with a GIL (as the system has it)
- CPython 3.13.5, without a GIL (--disable-gil)
- Measured on 2026-11-21
";
        assert_eq!(file("machine.md"), wanted);
    }

    #[test]
    fn a_table_without_runs_says_so() {
        let mut measured = made_up();
        measured.runs.clear();
        for (file, text) in draw(&measured) {
            assert!(
                !text.contains("| what ran |") && !text.contains("NaN"),
                "{file}: {text}"
            );
        }
        assert!(
            draw(&measured).iter().any(|(_, text)| text.contains("Nothing was run."))
        );
    }

    #[test]
    fn a_gil_that_came_back_is_named() {
        let mut measured = made_up();
        for run in measured.runs.iter_mut().filter(|run| run.table == "starting") {
            run.gil = Some(true);
            if run.by == "python" {
                "python-313t".clone_into(&mut run.by);
            }
        }
        let files = draw(&measured);
        let note = "of what was imported: Python 3.13 without a GIL, requests.\n";
        assert!(
            files
                .iter()
                .any(|(file, text)| file == "starting.md" && text.ends_with(note))
        );
        assert!(
            files.iter().filter(|(_, text)| text.contains("GIL was on again")).count()
                == 1
        );
    }
}
