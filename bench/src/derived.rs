//! What follows from what was measured: a share for each unit, pages a second, the best of a language.

use choosing::measured::{Measured, Row, Run, Table};
use choosing::statistics::{Spread, little, ratios, spread};

pub(crate) use crate::matrix::SLOTS;
/// How long the sweep's web takes for a page, in milliseconds.
pub(crate) const SLOT_MS: f64 = crate::matrix::SLOT_MS as f64;

/// The tables in which all rows do one job, and some row of each language does.
pub(crate) const JOBS: [&str; 7] =
    ["five", "hundred", "thousand", "ten-thousand", "primes", "hash-small", "hash-large"];

/// What a table is about, as its name says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Programs that start and do nothing.
    Starting,
    /// Units that wait.
    Units,
    /// A counter that threads share.
    Counter,
    /// So many workers.
    Sweep(usize),
    /// Fetching or computing.
    Job,
}

impl Kind {
    pub(crate) fn of(table: &Table) -> Self {
        let id = table.id.as_str();
        match id.split_once('-') {
            None if id == "starting" => Self::Starting,
            None if id == "counter" => Self::Counter,
            Some(("units", _)) => Self::Units,
            Some(("sweep", workers)) => workers.parse().map_or(Self::Job, Self::Sweep),
            _ => Self::Job,
        }
    }
}

/// The tables of the sweep with their numbers of workers, which ascend.
pub(crate) fn steps(measured: &Measured) -> Vec<(usize, &Table)> {
    let tables = measured.about.tables.iter();
    let mut steps: Vec<(usize, &Table)> = tables
        .filter_map(|table| match Kind::of(table) {
            Kind::Sweep(workers) => Some((workers, table)),
            _ => None,
        })
        .collect();
    steps.sort_by_key(|(workers, _)| *workers);
    steps
}

/// Half of its figures are above it; nothing for a row without runs.
pub(crate) fn median(row: &Row<'_>, figure: impl Fn(&Run) -> f64) -> Option<f64> {
    row.spread(figure).map(|spread| spread.median)
}

/// How many threads were seen; nothing where the process was over before it had been looked at a few times.
pub(crate) fn threads(run: &Run) -> Option<u64> {
    run.threads.filter(|_| run.wall_ms >= 50.0)
}

/// What the row took, in milliseconds: its job, or the whole process where that is all there is.
pub(crate) fn took(row: &Row<'_>) -> impl Fn(&Run) -> f64 + use<> {
    let has_job = row.runs.iter().any(|run| run.job_ms > 0.0);
    move |run| if has_job { run.job_ms } else { run.wall_ms }
}

/// A figure of `a` over that of `b`, pair by pair.
pub(crate) fn over(
    a: &Row<'_>,
    b: &Row<'_>,
    figure: impl Fn(&Run) -> f64,
) -> Option<Spread> {
    spread(&ratios(&a.figures(&figure), &b.figures(&figure)))
}

/// The memory of one unit, in KiB: the peak with all of them less the peak with none, divided by how many they are.
pub(crate) fn memory_each(measured: &Measured, row: &Row<'_>, n: u64) -> Option<f64> {
    let peak = |run: &Run| run.memory_kib as f64;
    let without = median(&measured.row("units-0", row.by, row.row)?, peak)?;
    (n > 0).then_some((median(row, peak)? - without) / n as f64)
}

/// The time of one unit, in milliseconds.
pub(crate) fn time_each(row: &Row<'_>, units: u64) -> Option<Spread> {
    (units > 0).then(|| row.spread(|run| run.job_ms / units as f64)).flatten()
}

/// Pages a second.
pub(crate) fn rate(row: &Row<'_>, table: &Table) -> Option<Spread> {
    row.spread(|run| table.units as f64 * 1e3 / run.job_ms)
}

/// Pages a second, as Little's law predicts them for so many workers.
pub(crate) fn predicted(workers: usize) -> f64 {
    little(workers, SLOTS, SLOT_MS)
}

/// The row of a language that was quickest, by the median of its jobs. Not that of HTTP/2: no row of Python speaks it.
pub(crate) fn best<'a>(measured: &'a Measured, table: &str, by: &str) -> Option<Row<'a>> {
    measured
        .rows(table)
        .into_iter()
        .filter(|row| row.by == by && row.row != "async-http2")
        .filter_map(|row| Some((median(&row, |run| run.job_ms)?, row)))
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, row)| row)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// A measurement of two languages and three runs, made up: 1,000 waits, units, a counter, a sweep, starts.
    pub(crate) fn made_up() -> Measured {
        let table = |id: &str, title: &str, units: u64, limit: &str, left_out: &str| {
            format!(
                r#"{{"id":"{id}","title":"{title}","units":{units},{limit},"left_out":[{left_out}]}}"#
            )
        };
        let none = r#""limit_ms":null,"limit":null"#;
        let wait = r#""limit_ms":100.0,"limit":"the longest wait""#;
        let left_out = ["rust", "python"].map(|by| {
            format!(r#"{{"by":"{by}","row":"sequential","why":"it would take 100 s"}}"#)
        });
        let tables = [
            table("starting", "starting, and nothing else", 1, none, ""),
            table("thousand", "1,000 waits of 100 ms", 1000, wait, &left_out.join(",")),
            table("clients", "300 requests that wait 0 ms", 300, none, ""),
            table("units-0", "no unit", 0, none, ""),
            table("units-1000", "1,000 units that wait", 1000, none, ""),
            table("counter", "8 threads add 1", 2_000_000, none, ""),
            table("sweep-8", "8 workers", 640, none, ""),
            table("sweep-256", "256 workers", 2000, none, ""),
        ];
        let about = format!(
            r#"{{"date":"2026-11-21","machine":["Some Processor","Linux 6.1"],"cores":2,"by":[
            {{"id":"rust","name":"Rust 1.95.0","gil":null,"build":"optimised"}},
            {{"id":"python","name":"CPython 3.11.7","gil":true,"build":"as the system has it"}},
            {{"id":"python-313t","name":"CPython 3.13.5","gil":false,"build":"--disable-gil"}}],
            "tables":[{}]}}"#,
            tables.join(",")
        );
        let mut runs = String::from(
            "table,by,row,run,job_ms,wall_ms,cpu_ms,memory_kib,threads,in_flight,connections,web_cpu_ms\n",
        );
        // By row: the job's median, how far the other two are from it, and the rest of the line.
        for (row, job, spread, rest) in [
            ("starting,rust,nothing", 0.0, 0.0, "1.5,0.9,2300,1,,,"),
            ("starting,python,requests", 0.0, 0.0, "150.5,140,32000,1,,,"),
            ("thousand,rust,threads", 140.0, 10.0, "150,90,25600,1003,1000,1000,80"),
            ("thousand,rust,async-one-thread", 130.0, 2.0, "140,80,30720,1,1000,1000,70"),
            ("thousand,python,threads", 1050.0, 50.0, "1300,1100,90000,1001,990,1000,90"),
            ("thousand,python,asyncio", 260.0, 10.0, "500,400,60000,1,1000,1000,90"),
            ("clients,rust,shared-client", 60.0, 1.0, "70,30,9000,2,1,1,30"),
            ("clients,python,no-session", 600.0, 9.0, "800,700,32000,1,1,300,60"),
            ("units-0,rust,thread", 0.1, 0.0, "210,1,2048,1,,,"),
            ("units-0,python,task", 0.2, 0.0, "230,30,16384,1,,,"),
            ("units-1000,rust,thread", 31.0, 1.0, "240,40,11648,1001,,,"),
            ("units-1000,python,task", 9.0, 1.0, "240,50,18384,1,,,"),
            ("counter,rust,mutex", 44.0, 4.0, "46,80,2300,9,,,"),
            ("sweep-8,rust,pool", 1700.0, 10.0, "1705,300,9000,10,8,8,200"),
            ("sweep-8,python,pool", 1760.0, 10.0, "1905,700,36000,9,8,8,250"),
            ("sweep-256,rust,pool", 1300.0, 20.0, "1305,300,19000,258,256,256,500"),
        ] {
            for (run, factor) in [(1, 0.0), (2, -1.0), (3, 1.0)] {
                let job = job + factor * spread;
                // Writing to a string cannot fail.
                let _ = writeln!(runs, "{row},{run},{job},{rest}");
            }
        }
        Measured::parse(&about, runs.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
    }

    #[track_caller]
    fn is_near(figure: Option<f64>, wanted: f64) {
        assert!(
            figure.is_some_and(|f| (f - wanted).abs() < 1e-9),
            "{figure:?}, not {wanted}"
        );
    }

    #[test]
    fn a_unit_takes_its_share() {
        let measured = made_up();
        let thread = measured.row("units-1000", "rust", "thread");
        let thread = thread.as_ref();
        is_near(thread.and_then(|row| memory_each(&measured, row, 1000)), 9.6);
        is_near(thread.and_then(|row| time_each(row, 1000)).map(|s| s.median), 0.031);
        assert_eq!(thread.and_then(|row| memory_each(&measured, row, 0)), None);
        assert_eq!(thread.and_then(|row| time_each(row, 0)), None);
        // Without a row of none there is nothing to take off.
        let counter = measured.row("counter", "rust", "mutex");
        assert_eq!(counter.and_then(|row| memory_each(&measured, &row, 8)), None);
    }

    #[test]
    fn the_best_of_a_language_is_its_quickest_job() {
        let measured = made_up();
        let best = |table, by| best(&measured, table, by).map(|row| row.row.to_owned());
        assert_eq!(best("thousand", "rust").as_deref(), Some("async-one-thread"));
        assert_eq!(best("thousand", "python").as_deref(), Some("asyncio"));
        assert_eq!(best("thousand", "python-313t"), None);
        assert_eq!(best("nowhere", "rust"), None);
        let mut measured = made_up();
        for run in measured.runs.iter_mut().filter(|run| run.row == "async-one-thread") {
            "async-http2".clone_into(&mut run.row);
        }
        let best = super::best(&measured, "thousand", "rust").map(|row| row.row);
        assert_eq!(best, Some("threads"), "Python has no HTTP/2");
    }

    #[test]
    fn ratios_are_taken_pair_by_pair() {
        let measured = made_up();
        let row = |by, row| measured.row("thousand", by, row);
        let (a, b) = (row("python", "threads"), row("rust", "threads"));
        let ratio = a.zip(b).and_then(|(a, b)| over(&a, &b, |run| run.job_ms));
        // 1050 / 140, 1000 / 130, 1100 / 150
        is_near(ratio.map(|r| r.median), 7.5);
        is_near(ratio.map(|r| r.least), 1100.0 / 150.0);
        is_near(ratio.map(|r| r.most), 1000.0 / 130.0);
    }

    #[test]
    fn a_row_without_a_job_took_the_whole_process() {
        let measured = made_up();
        let median = |table, by, row| {
            measured.row(table, by, row).and_then(|row| median(&row, took(&row)))
        };
        is_near(median("starting", "rust", "nothing"), 1.5);
        is_near(median("thousand", "rust", "threads"), 140.0);
    }

    #[test]
    fn pages_a_second_and_what_little_says_of_them() {
        let measured = made_up();
        let table = measured.table("sweep-256");
        let row = measured.row("sweep-256", "rust", "pool");
        let pages = row.zip(table).and_then(|(row, table)| rate(&row, table));
        is_near(pages.map(|s| s.median), 2000.0 / 1.3);
        for (workers, pages) in [(8, 400.0), (32, 1600.0), (256, 1600.0)] {
            is_near(Some(predicted(workers)), pages);
        }
    }

    #[test]
    fn a_name_says_what_a_table_is_about() {
        let kind = |id: &str| made_up().table(id).map(Kind::of);
        assert_eq!(kind("starting"), Some(Kind::Starting));
        assert_eq!(kind("thousand"), Some(Kind::Job));
        assert_eq!(kind("units-1000"), Some(Kind::Units));
        assert_eq!(kind("counter"), Some(Kind::Counter));
        assert_eq!(kind("sweep-256"), Some(Kind::Sweep(256)));
    }
}
