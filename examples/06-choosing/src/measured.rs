//! What the bench has recorded: every counted run, and what was run.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::statistics::{Spread, ratios, spread};

/// One run of one row: a process from its start to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The table it belongs to: [`Table::id`].
    pub table: String,
    /// What ran it: [`By::id`].
    pub by: String,
    /// The model, or what else tells the rows of a table apart. That of Rust is [`Model::id`](crate::Model::id).
    pub row: String,
    /// Which of the counted runs, from 1. Runs of the same number came one after another.
    pub run: usize,
    /// The job alone, in milliseconds, as the program itself has timed it.
    pub job_ms: f64,
    /// The whole process, in milliseconds.
    pub wall_ms: f64,
    /// The CPU time of the process and of its children, user and system, in milliseconds.
    pub cpu_ms: f64,
    /// The most memory that was resident at once, in KiB; of all its processes together, where there are several.
    pub memory_kib: u64,
    /// The most threads seen at once, of all its processes together; nothing where the system does not tell.
    pub threads: Option<u64>,
    /// The most requests in flight at once, as the web has counted; nothing where nothing is fetched.
    pub in_flight: Option<u64>,
    /// How many connections the web has accepted.
    pub connections: Option<u64>,
    /// The CPU time of the web's process, in milliseconds.
    pub web_cpu_ms: Option<f64>,
    /// Whether a GIL was on at the end of the job; nothing for Rust.
    pub gil: Option<bool>,
}

/// What a set of rows has in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name, of ASCII letters, digits and `-`.
    pub id: String,
    /// What is done, in words: `1,000 waits of 100 ms`.
    pub title: String,
    /// How many units that is: requests, chunks, threads, increments.
    pub units: u64,
    /// What no program can beat, in milliseconds; nothing where there is no such limit.
    pub limit_ms: Option<f64>,
    /// The limit in words: `the longest wait`, `the fastest on one core, divided by 2 cores`.
    pub limit: Option<String>,
    /// Rows that were left out, each with the reason.
    pub left_out: Vec<LeftOut>,
}

/// A row that was not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What would have run it: [`By::id`].
    pub by: String,
    /// As [`Run::row`].
    pub row: String,
    /// Why not, as half a sentence.
    pub why: String,
}

/// A language, as it is on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct By {
    /// `rust`; `python` for the first interpreter; `python-313`, `python-313t` for others.
    pub id: String,
    /// `Rust 1.95.0`, `CPython 3.13.5, free-threaded`.
    pub name: String,
    /// Whether a GIL is there, asked of the interpreter; nothing for Rust.
    pub gil: Option<bool>,
    /// How it was built, in a few words.
    pub build: String,
}

/// Where, when and with what it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The day, as `21 Nov 2026`.
    pub date: String,
    /// Processor, cores, memory, kernel, compiler: a line each.
    pub machine: Vec<String>,
    /// How many cores the limits reckon with.
    pub cores: usize,
    /// The languages, Rust first.
    pub by: Vec<By>,
    /// The tables, in the order in which they were run.
    pub tables: Vec<Table>,
}

/// A whole measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What it was.
    pub about: About,
    /// All counted runs, in the order in which they ended.
    pub runs: Vec<Run>,
}

/// The runs of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// As [`Run::by`].
    pub by: &'a str,
    /// As [`Run::row`].
    pub row: &'a str,
    /// Its runs, in order.
    pub runs: Vec<&'a Run>,
}

impl Measured {
    /// What is recorded in the book.
    ///
    /// # Errors
    ///
    /// When it cannot be read: the book was built wrong.
    pub fn recorded() -> Result<Self, String> {
        let about = include_str!("../../../book/recorded/bench/about.json");
        let runs = include_str!("../../../book/recorded/bench/runs.csv");
        Self::parse(about, runs.as_bytes())
    }

    /// Reads a measurement from its two files.
    ///
    /// # Errors
    ///
    /// When a line or a field is not what it should be; the sentence names it.
    pub fn parse(about: &str, runs: impl Read) -> Result<Self, String> {
        let about =
            serde_json::from_str(about).map_err(|e| format!("about.json: {e}"))?;
        let runs: Result<Vec<Run>, _> =
            csv::Reader::from_reader(runs).deserialize().collect();
        Ok(Self { about, runs: runs.map_err(|e| format!("runs.csv: {e}"))? })
    }

    /// The runs, as [`parse`](Self::parse) reads them.
    ///
    /// # Errors
    ///
    /// When a run cannot be put as a line, which none of ours is.
    pub fn runs_csv(&self) -> Result<String, String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for run in &self.runs {
            writer.serialize(run).map_err(|error| error.to_string())?;
        }
        let bytes = writer.into_inner().map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|error| error.to_string())
    }

    /// What was measured, as [`parse`](Self::parse) reads it.
    ///
    /// # Errors
    ///
    /// When it cannot be put as JSON, which none of ours is.
    pub fn about_json(&self) -> Result<String, String> {
        let text = serde_json::to_string_pretty(&self.about);
        text.map(|text| text + "\n").map_err(|error| error.to_string())
    }

    /// The table of that name.
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.about.tables.iter().find(|table| table.id == id)
    }

    /// The rows of a table, in the order in which they were run first.
    pub fn rows(&self, table: &str) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = Vec::new();
        for run in self.runs.iter().filter(|run| run.table == table) {
            match rows.iter_mut().find(|row| row.by == run.by && row.row == run.row) {
                Some(row) => row.runs.push(run),
                None => rows.push(Row { by: &run.by, row: &run.row, runs: vec![run] }),
            }
        }
        rows
    }

    /// One row of a table.
    pub fn row(&self, table: &str, by: &str, row: &str) -> Option<Row<'_>> {
        self.rows(table).into_iter().find(|r| r.by == by && r.row == row)
    }
}

impl Row<'_> {
    /// A figure of each run.
    pub fn figures(&self, figure: impl Fn(&Run) -> f64) -> Vec<f64> {
        self.runs.iter().map(|run| figure(run)).collect()
    }

    /// The median and both ends of a figure; `None` for a row without runs.
    pub fn spread(&self, figure: impl Fn(&Run) -> f64) -> Option<Spread> {
        spread(&self.figures(figure))
    }

    /// How many times the job took what that of `other` took, pair by pair.
    pub fn ratio_to(&self, other: &Row<'_>) -> Option<Spread> {
        spread(&ratios(&self.figures(|run| run.job_ms), &other.figures(|run| run.job_ms)))
    }

    /// How many times the job took the limit.
    pub fn ratio_to_limit(&self, table: &Table) -> Option<Spread> {
        let limit = table.limit_ms?;
        self.spread(|run| run.job_ms / limit)
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a test that cannot go on says where it stopped"
    )]

    use super::{Measured, Run, Spread};

    const ABOUT: &str = r#"{
        "date": "21 Nov 2026",
        "machine": ["a processor", "2 cores"],
        "cores": 2,
        "by": [
            {"id": "rust", "name": "Rust 1.95.0", "gil": null, "build": "release"},
            {"id": "python", "name": "CPython 3.11.7", "gil": true, "build": "its own"}
        ],
        "tables": [
            {"id": "hundred", "title": "100 waits", "units": 100, "limit_ms": 100.0,
             "limit": "the longest wait",
             "left_out": [{"by": "rust", "row": "sequential", "why": "it takes too long"}]},
            {"id": "counter", "title": "8 threads", "units": 8, "limit_ms": null,
             "limit": null, "left_out": []}
        ]
    }"#;

    const HEAD: &str = "table,by,row,run,job_ms,wall_ms,cpu_ms,memory_kib,threads,\
                        in_flight,connections,web_cpu_ms,gil\n";

    const RUNS: &str = "\
        hundred,rust,threads,1,110,115,20.5,9000,101,100,100,8,\n\
        hundred,python,threads,1,220,300,90,30000,,100,100,8,true\n\
        counter,rust,mutex,1,5,6,10,4000,9,,,,\n\
        hundred,rust,threads,2,200,205,20.5,9000,101,100,100,8,\n\
        hundred,python,threads,2,600,700,90,30000,,100,100,8,false\n\
        hundred,rust,threads,3,120,125,20.5,9500,101,100,100,8,\n";

    fn read(runs: &str) -> Result<Measured, String> {
        Measured::parse(ABOUT, format!("{HEAD}{runs}").as_bytes())
    }

    fn measured() -> Measured {
        read(RUNS).unwrap()
    }

    #[test]
    fn a_measurement_is_read_as_it_was_written() {
        let Measured { about, runs } = measured();
        assert_eq!((about.cores, about.machine.len(), about.by.len()), (2, 2, 2));
        assert_eq!(
            about.by.iter().map(|by| by.gil).collect::<Vec<_>>(),
            [None, Some(true)]
        );
        assert_eq!(runs.len(), 6);
        let run = Run {
            table: "hundred".to_owned(),
            by: "python".to_owned(),
            row: "threads".to_owned(),
            run: 2,
            job_ms: 600.0,
            wall_ms: 700.0,
            cpu_ms: 90.0,
            memory_kib: 30_000,
            threads: None,
            in_flight: Some(100),
            connections: Some(100),
            web_cpu_ms: Some(8.0),
            gil: Some(false),
        };
        assert_eq!(runs[4], run);
        assert_eq!(
            (runs[2].in_flight, runs[2].web_cpu_ms, runs[2].gil),
            (None, None, None)
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let measured = measured();
        let runs = measured.runs_csv().unwrap();
        assert!(runs.starts_with(HEAD), "{runs}");
        let about = measured.about_json().unwrap();
        assert_eq!(Measured::parse(&about, runs.as_bytes()), Ok(measured));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let of_runs = |runs: &str| read(runs).unwrap_err();
        let short = of_runs("hundred,rust,threads,1,110,115\n");
        assert!(short.starts_with("runs.csv: ") && short.contains("line: 2"), "{short}");
        let soon = of_runs("hundred,rust,threads,1,soon,115,20.5,9000,,,,,\n");
        assert!(soon.contains("line: 2") && soon.contains("field 4"), "{soon}");
        let empty = of_runs("hundred,rust,threads,1,,115,20.5,9000,,,,,\n");
        assert!(empty.contains("field 4"), "{empty}");

        let columns = "table,by,row,run,wall_ms\nhundred,rust,threads,1,115\n";
        let missing = Measured::parse(ABOUT, columns.as_bytes()).unwrap_err();
        assert!(missing.contains("missing field `job_ms`"), "{missing}");

        let about = ABOUT.replace("\"cores\": 2,", "");
        let missing = Measured::parse(&about, HEAD.as_bytes()).unwrap_err();
        assert!(missing.starts_with("about.json: missing field `cores`"), "{missing}");
        assert!(Measured::parse("", HEAD.as_bytes()).is_err());
    }

    #[test]
    fn a_measurement_without_runs_has_no_rows() {
        let empty = read("").unwrap();
        assert_eq!(empty.rows("hundred"), []);
        assert!(empty.table("hundred").is_some());
    }

    #[test]
    fn rows_stand_in_the_order_of_their_first_runs_with_all_their_runs() {
        let measured = measured();
        let rows = measured.rows("hundred");
        let names: Vec<(&str, &str, usize)> =
            rows.iter().map(|row| (row.by, row.row, row.runs.len())).collect();
        assert_eq!(names, [("rust", "threads", 3), ("python", "threads", 2)]);
        assert_eq!(rows[0].figures(|run| run.job_ms), [110.0, 200.0, 120.0]);
        assert_eq!(measured.row("hundred", "python", "threads"), Some(rows[1].clone()));
    }

    #[test]
    fn a_table_or_row_that_is_not_there_is_nothing() {
        let measured = measured();
        assert!(measured.table("thousand").is_none());
        assert_eq!(measured.rows("thousand"), []);
        assert!(measured.row("hundred", "rust", "pool").is_none());
        assert!(measured.row("hundred", "python-313", "threads").is_none());
        assert!(measured.row("counter", "rust", "threads").is_none());
    }

    #[test]
    fn figures_of_a_row_are_its_median_and_its_ends() {
        let measured = measured();
        let row = measured.row("hundred", "rust", "threads").unwrap();
        let job = row.spread(|run| run.job_ms);
        assert_eq!(job, Some(Spread { least: 110.0, median: 120.0, most: 200.0 }));
        let table = measured.table("hundred").unwrap();
        let limit = row.ratio_to_limit(table);
        assert_eq!(limit, Some(Spread { least: 1.1, median: 1.2, most: 2.0 }));

        let mutex = measured.row("counter", "rust", "mutex").unwrap();
        let counter = measured.table("counter").unwrap();
        assert_eq!(mutex.ratio_to_limit(counter), None, "it has none");
    }

    /// 220 over 110 and 600 over 200: each with the run that came beside it, and the third of one row has no other.
    #[test]
    fn a_ratio_is_taken_pair_by_pair() {
        let measured = measured();
        let row = |by| measured.row("hundred", by, "threads").unwrap();
        let ratio = row("python").ratio_to(&row("rust"));
        assert_eq!(ratio, Some(Spread { least: 2.0, median: 2.5, most: 3.0 }));
        let none = super::Row { by: "rust", row: "none", runs: Vec::new() };
        assert_eq!(none.ratio_to(&row("rust")), None);
        assert_eq!(none.spread(|run| run.job_ms), None);
    }
}
