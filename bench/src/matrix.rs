//! What is measured: the tables and their rows.

use std::thread;
use std::time::Duration;

use choosing::measured::{LeftOut, Table};

use crate::interpreters::Interpreter;

/// The waits of the five sites, in milliseconds, as everywhere in the book.
const FIVE: [u64; 5] = lab::slow_web::DEFAULT_DELAYS_MS;

/// The slots and the latency of the sweep's web, as in chapter 3.
pub(crate) const SLOTS: usize = 32;
pub(crate) const SLOT_MS: u64 = 20;

/// How large everything is.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    hundred: Waits,
    thousand: Waits,
    ten_thousand: Waits,
    /// How many requests one after another.
    clients: usize,
    /// Primes below this are counted.
    numbers: u64,
    /// Pages and their size in bytes.
    small: (usize, usize),
    large: (usize, usize),
    /// For each table, by its name.
    units: [(&'static str, usize); 5],
    increments: u64,
    /// Numbers of workers.
    sweep: &'static [usize],
    /// Requests of a step of the sweep: so many for each worker, and no fewer than that.
    a_worker: (usize, usize),
    /// Threads and processes of a pool that fetches.
    pool: usize,
    processes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Waits {
    n: usize,
    ms: u64,
}

/// What the book shows.
pub(crate) const FULL: Scale = Scale {
    hundred: Waits { n: 100, ms: 100 },
    thousand: Waits { n: 1_000, ms: 100 },
    ten_thousand: Waits { n: 10_000, ms: 1_000 },
    clients: 300,
    numbers: 1_000_000,
    small: (65_536, 1 << 10),
    large: (64, 1 << 20),
    units: [
        ("units-0", 0),
        ("units-100", 100),
        ("units-1000", 1_000),
        ("units-10000", 10_000),
        ("units-100000", 100_000),
    ],
    increments: 250_000,
    sweep: &[1, 2, 4, 8, 16, 32, 64, 128, 256],
    a_worker: (10, 40),
    pool: 100,
    processes: 16,
};

/// The same tables, small: to see that all of it works.
pub(crate) const QUICK: Scale = Scale {
    hundred: Waits { n: 20, ms: 20 },
    thousand: Waits { n: 100, ms: 20 },
    ten_thousand: Waits { n: 500, ms: 100 },
    clients: 20,
    numbers: 20_000,
    small: (64, 1 << 10),
    large: (4, 1 << 17),
    units: [
        ("units-0", 0),
        ("units-100", 2),
        ("units-1000", 10),
        ("units-10000", 100),
        ("units-100000", 1_000),
    ],
    increments: 1_000,
    sweep: &[1, 32, 64],
    a_worker: (2, 8),
    pool: 10,
    processes: 2,
};

/// Why a row is left out that could be run, had somebody installed what it needs.
pub(crate) const MISSING: &str = "the interpreter has no";

/// A table, and what fills it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) table: Table,
    pub(crate) job: Job,
    pub(crate) rows: Vec<Planned>,
}

/// What all rows of a table do.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    /// Fetch from a web with a site for each latency, all sites so many times over.
    Fetch {
        latencies_ms: Vec<u64>,
        slots: Option<usize>,
        times: usize,
    },
    Crunch {
        chunks: usize,
        numbers: u64,
    },
    Hash {
        size: usize,
        count: usize,
    },
    Units {
        count: usize,
    },
    Counter {
        threads: usize,
        increments: u64,
    },
    Start,
}

/// A row that will be run.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// Which of the interpreters; nothing for Rust.
    pub(crate) python: Option<usize>,
    pub(crate) row: &'static str,
    pub(crate) workers: usize,
}

impl Planned {
    /// Whether it has processes of its own.
    pub(crate) fn is_many_processes(&self) -> bool {
        ["process", "processes", "multiprocessing-pool"].contains(&self.row)
    }
}

impl Job {
    /// Its arguments, as a row program takes them; those of `Fetch` without the addresses.
    pub(crate) fn arguments(&self, row: &str, workers: usize) -> Vec<String> {
        let (name, options): (_, Vec<(&str, String)>) = match self {
            Self::Fetch { times, .. } => (
                "fetch",
                vec![("--workers", workers.to_string()), ("--times", times.to_string())],
            ),
            Self::Crunch { chunks, numbers } => (
                "crunch",
                vec![
                    ("--workers", workers.to_string()),
                    ("--chunks", chunks.to_string()),
                    ("--numbers", numbers.to_string()),
                ],
            ),
            Self::Hash { size, count } => (
                "hash",
                vec![
                    ("--workers", workers.to_string()),
                    ("--size", size.to_string()),
                    ("--count", count.to_string()),
                ],
            ),
            Self::Units { count } => ("units", vec![("--count", count.to_string())]),
            Self::Counter { threads, increments } => (
                "counter",
                vec![
                    ("--threads", threads.to_string()),
                    ("--increments", increments.to_string()),
                ],
            ),
            Self::Start => ("start", Vec::new()),
        };
        let mut arguments = vec![name.to_owned(), row.to_owned()];
        for (option, value) in options {
            arguments.extend([option.to_owned(), value]);
        }
        arguments
    }

    /// How many connections it may have open at once.
    pub(crate) fn at_once(&self) -> usize {
        match self {
            Self::Fetch { slots: Some(_), .. } => 256,
            _ => self.requests().unwrap_or(0),
        }
    }

    /// How many requests it sends.
    pub(crate) fn requests(&self) -> Option<usize> {
        match self {
            Self::Fetch { latencies_ms, times, .. } => Some(latencies_ms.len() * times),
            _ => None,
        }
    }
}

/// How many cores this machine lets us have.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// A place where rows are put in, or left out with a reason.
struct Rows<'a> {
    pythons: &'a [Interpreter],
    planned: Vec<Planned>,
    left_out: Vec<LeftOut>,
}

impl<'a> Rows<'a> {
    fn new(pythons: &'a [Interpreter]) -> Self {
        Self { pythons, planned: Vec::new(), left_out: Vec::new() }
    }

    fn rust(mut self, rows: &[(&'static str, usize)]) -> Self {
        let planned = |&(row, workers)| Planned { python: None, row, workers };
        self.planned.extend(rows.iter().map(planned));
        self
    }

    /// Rows for each interpreter that has the library which they need.
    fn python(
        mut self,
        which: std::ops::Range<usize>,
        rows: &[(&'static str, usize, &str)],
    ) -> Self {
        for (i, python) in self.pythons.iter().enumerate() {
            if !which.contains(&i) {
                continue;
            }
            for &(row, workers, library) in rows {
                if library.is_empty() || python.has(library) {
                    self.planned.push(Planned { python: Some(i), row, workers });
                } else {
                    self.left_out.push(LeftOut {
                        by: python.by.id.clone(),
                        row: row.to_owned(),
                        why: format!("{MISSING} {library}"),
                    });
                }
            }
        }
        self
    }

    /// Rows that are not run at this size, for Rust and for the first interpreter.
    fn without(mut self, rust: &[&str], python: &[&str], why: &str) -> Self {
        let python_id = self.pythons.first().map(|python| python.by.id.as_str());
        let rust = rust.iter().map(|row| ("rust", *row));
        let python = python.iter().filter_map(|row| Some((python_id?, *row)));
        self.left_out.extend(rust.chain(python).map(|(by, row)| LeftOut {
            by: by.to_owned(),
            row: row.to_owned(),
            why: why.to_owned(),
        }));
        self
    }

    fn plan(self, id: &str, title: String, units: usize, job: Job) -> Plan {
        let table = Table {
            id: id.to_owned(),
            title,
            units: units as u64,
            limit_ms: None,
            limit: None,
            left_out: self.left_out,
        };
        Plan { table, job, rows: self.planned }
    }
}

impl Plan {
    fn limited(mut self, limit: Duration, words: &str) -> Self {
        self.table.limit_ms = Some(limit.as_secs_f64() * 1e3);
        self.table.limit = Some(words.to_owned());
        self
    }
}

/// All tables, in the order in which they are run.
pub(crate) fn plans(scale: &Scale, pythons: &[Interpreter]) -> Vec<Plan> {
    let mut plans = vec![starting(pythons)];
    plans.extend(waiting(scale, pythons));
    plans.push(clients(scale, pythons));
    plans.extend(sweep(scale, pythons));
    plans.extend(working(scale, pythons));
    plans.extend(units(scale, pythons));
    plans.push(counter(scale, pythons));
    plans
}

fn starting(pythons: &[Interpreter]) -> Plan {
    let rows = Rows::new(pythons)
        .rust(&[("nothing", 1)])
        .python(0..usize::MAX, &[("nothing", 1, "")]);
    let rows = rows.python(
        0..1,
        &[("requests", 1, "requests"), ("aiohttp", 1, "aiohttp"), ("httpx", 1, "httpx")],
    );
    rows.plan("starting", "start, import, end".to_owned(), 1, Job::Start)
}

fn waiting(scale: &Scale, pythons: &[Interpreter]) -> [Plan; 4] {
    let longest = "the longest wait";
    let five = everything(Rows::new(pythons), 5, 5);
    let five = five
        .plan(
            "five",
            "the five sites: waits of 120, 80, 200, 50 and 150 ms".to_owned(),
            5,
            Job::Fetch { latencies_ms: FIVE.to_vec(), slots: None, times: 1 },
        )
        .limited(Duration::from_millis(FIVE.into_iter().fold(0, u64::max)), longest);

    let hundred = everything(Rows::new(pythons), scale.pool, scale.processes);
    let hundred = waits(hundred, "hundred", scale.hundred);

    let thousand = Rows::new(pythons)
        .rust(&[
            ("threads", 1),
            ("pool", scale.pool),
            ("async-one-thread", 1),
            ("async-all-cores", 1),
            ("async-http2", 1),
            ("async-bounded", scale.pool),
        ])
        .python(
            0..1,
            &[
                ("threads", 1, "requests"),
                ("pool", scale.pool, "requests"),
                ("asyncio", 1, "aiohttp"),
                ("asyncio-bounded", scale.pool, "aiohttp"),
                ("httpx", 1, "httpx"),
            ],
        )
        .without(
            &["sequential", "rayon", "processes"],
            &["sequential", "multiprocessing-pool", "processes"],
            "the table of a hundred shows it: the waits of one worker add up",
        );
    let thousand = waits(thousand, "thousand", scale.thousand);

    let most = Rows::new(pythons)
        .rust(&[
            ("threads", 1),
            ("async-one-thread", 1),
            ("async-all-cores", 1),
            ("async-http2", 1),
        ])
        .python(0..1, &[("threads", 1, "requests"), ("asyncio", 1, "aiohttp")])
        .without(
            &["pool", "async-bounded"],
            &["pool", "asyncio-bounded"],
            "a bound is what it measures",
        )
        .without(&[], &["httpx"], "a thousand are too many for it already");
    let most = waits(most, "ten-thousand", scale.ten_thousand);
    [five, hundred, thousand, most]
}

fn waits(rows: Rows<'_>, id: &str, Waits { n, ms }: Waits) -> Plan {
    let job = Job::Fetch { latencies_ms: vec![ms], slots: None, times: n };
    rows.plan(id, format!("{} waits of {ms} ms", thousands(n)), n, job)
        .limited(Duration::from_millis(ms), "the longest wait")
}

/// `10,000`, as people write it.
fn thousands(n: usize) -> String {
    if n < 1_000 { n.to_string() } else { format!("{},{:03}", n / 1_000, n % 1_000) }
}

/// Every model of both languages.
fn everything(rows: Rows<'_>, pool: usize, processes: usize) -> Rows<'_> {
    rows.rust(&[
        ("sequential", 1),
        ("threads", 1),
        ("pool", pool),
        ("rayon", 1),
        ("processes", processes),
        ("async-one-thread", 1),
        ("async-all-cores", 1),
        ("async-bounded", pool),
    ])
    .python(
        0..1,
        &[
            ("sequential", 1, "requests"),
            ("threads", 1, "requests"),
            ("pool", pool, "requests"),
            ("multiprocessing-pool", processes, "requests"),
            ("processes", processes, "requests"),
            ("asyncio", 1, "aiohttp"),
            ("asyncio-bounded", pool, "aiohttp"),
            ("httpx", 1, "httpx"),
        ],
    )
}

fn clients(scale: &Scale, pythons: &[Interpreter]) -> Plan {
    let n = scale.clients;
    Rows::new(pythons)
        .rust(&[("shared-client", 1), ("client-each", 1), ("async-shared-client", 1)])
        .python(
            0..1,
            &[
                ("session", 1, "requests"),
                ("no-session", 1, "requests"),
                ("aiohttp", 1, "aiohttp"),
                ("httpx-client", 1, "httpx"),
                ("httpx-each", 1, "httpx"),
            ],
        )
        .plan(
            "clients",
            format!("{n} requests that wait for nothing, one after another"),
            n,
            Job::Fetch { latencies_ms: vec![0], slots: None, times: n },
        )
}

fn sweep(scale: &Scale, pythons: &[Interpreter]) -> Vec<Plan> {
    let plan = |&workers: &usize| {
        let (each, least) = scale.a_worker;
        let n = (each * workers).max(least);
        let at_once = workers.min(SLOTS);
        let least = SLOT_MS as f64 / 1e3 * n as f64 / at_once as f64;
        Rows::new(pythons)
            .rust(&[("pool", workers), ("async-bounded", workers)])
            .python(
                0..1,
                &[
                    ("pool", workers, "requests"),
                    ("asyncio-bounded", workers, "aiohttp"),
                ],
            )
            .plan(
                &format!("sweep-{workers}"),
                format!("{n} waits of {SLOT_MS} ms at a web of {SLOTS} slots, {workers} at once"),
                n,
                Job::Fetch { latencies_ms: vec![SLOT_MS], slots: Some(SLOTS), times: n },
            )
            .limited(Duration::from_secs_f64(least), "Little's law")
    };
    scale.sweep.iter().map(plan).collect()
}

fn working(scale: &Scale, pythons: &[Interpreter]) -> [Plan; 3] {
    let n = cores();
    let primes = Rows::new(pythons)
        .rust(&[
            ("sequential", n),
            ("threads", n),
            ("pool", n),
            ("rayon", n),
            ("processes", n),
        ])
        .python(
            0..usize::MAX,
            &[
                ("sequential", n, ""),
                ("threads", n, ""),
                ("pool", n, ""),
                ("processes", n, ""),
            ],
        )
        .plan(
            "primes",
            format!("the primes below {}, in 16 chunks", spelt(scale.numbers)),
            16,
            Job::Crunch { chunks: 16, numbers: scale.numbers },
        );
    let hash = |id: &str, (count, size): (usize, usize)| {
        Rows::new(pythons)
            .rust(&[("sequential", n), ("pool", n), ("rayon", n), ("processes", n)])
            .python(
                0..usize::MAX,
                &[("sequential", n, ""), ("pool", n, ""), ("processes", n, "")],
            )
            .plan(
                id,
                format!("SHA-256 of {} pages of {} KiB", thousands(count), size >> 10),
                count,
                Job::Hash { size, count },
            )
    };
    [primes, hash("hash-small", scale.small), hash("hash-large", scale.large)]
}

fn spelt(n: u64) -> String {
    if n.is_multiple_of(1_000_000) {
        format!("{},000,000", n / 1_000_000)
    } else {
        thousands(usize::try_from(n).unwrap_or(usize::MAX))
    }
}

fn units(scale: &Scale, pythons: &[Interpreter]) -> Vec<Plan> {
    let plan = |&(id, count): &(&str, usize)| {
        let rows = Rows::new(pythons);
        let (each, first) = (0..usize::MAX, 0..1);
        let rows = match id {
            "units-0" => rows
                .rust(&[("thread", 1), ("task", 1), ("process", 1)])
                .python(each, &[("thread", 1, ""), ("task", 1, "")])
                .python(first, &[("process", 1, "")]),
            "units-100" => {
                rows.rust(&[("process", 1)]).python(first, &[("process", 1, "")])
            }
            "units-1000" => rows
                .rust(&[("thread", 1), ("task", 1), ("process", 1)])
                .python(each, &[("thread", 1, ""), ("task", 1, "")])
                .without(&[], &["process"], "too many interpreters for one machine"),
            "units-10000" => rows
                .rust(&[("thread", 1), ("task", 1)])
                .python(each, &[("thread", 1, ""), ("task", 1, "")])
                .without(&["process"], &["process"], "too many for one machine"),
            _ => rows.rust(&[("task", 1)]).python(each, &[("task", 1, "")]).without(
                &["thread"],
                &["thread"],
                "too many for one machine",
            ),
        };
        rows.plan(
            id,
            format!("{} at once", thousands(count)),
            count,
            Job::Units { count },
        )
    };
    scale.units.iter().map(plan).collect()
}

fn counter(scale: &Scale, pythons: &[Interpreter]) -> Plan {
    let (threads, increments) = (8, scale.increments);
    Rows::new(pythons)
        .rust(&[("mutex", 1), ("atomic", 1), ("apart", 1)])
        .python(0..usize::MAX, &[("lock", 1, ""), ("apart", 1, "")])
        .plan(
            "counter",
            format!("{threads} threads that count to {} each", spelt(increments)),
            usize::try_from(threads as u64 * increments).unwrap_or(usize::MAX),
            Job::Counter { threads, increments },
        )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Parser;

    use super::{FULL, Plan, QUICK, plans};
    use crate::interpreters::Interpreter;
    use crate::row;

    #[derive(Parser)]
    struct RowProgram {
        #[command(subcommand)]
        _row: row::Row,
    }

    fn both() -> Vec<Plan> {
        let pythons =
            [Interpreter::made_up("python"), Interpreter::made_up("python-313t")];
        [FULL, QUICK].iter().flat_map(|scale| plans(scale, &pythons)).collect()
    }

    #[test]
    fn a_row_program_takes_the_arguments_of_every_row() {
        let plans = both();
        assert!(plans.iter().all(|plan| !plan.rows.is_empty()));
        for plan in plans {
            for row in plan.rows.iter().filter(|row| row.python.is_none()) {
                let mut arguments = vec!["row".to_owned()];
                arguments.extend(plan.job.arguments(row.row, row.workers));
                if plan.job.requests().is_some() {
                    arguments.push("http://127.0.0.1:1/".to_owned());
                }
                let parsed = RowProgram::try_parse_from(&arguments);
                assert!(parsed.is_ok(), "{arguments:?}: {:?}", parsed.err());
            }
        }
    }

    #[test]
    fn no_row_is_there_twice_and_none_is_both_run_and_left_out() {
        for plan in both() {
            let of = |python: Option<usize>| match python {
                None => "rust",
                Some(0) => "python",
                Some(_) => "python-313t",
            };
            let run = plan.rows.iter().map(|row| (of(row.python), row.row));
            let left_out =
                plan.table.left_out.iter().map(|row| (&row.by[..], &row.row[..]));
            let all: Vec<_> = run.chain(left_out).collect();
            let different: BTreeSet<_> = all.iter().collect();
            assert_eq!(all.len(), different.len(), "{}: {all:?}", plan.table.id);
        }
    }

    #[test]
    fn both_sizes_have_the_same_tables_but_for_the_steps_of_the_sweep() {
        let ids = |scale| -> Vec<String> {
            let ids = plans(scale, &[]).into_iter().map(|plan| plan.table.id);
            ids.filter(|id| !id.starts_with("sweep-")).collect()
        };
        assert_eq!(ids(&FULL), ids(&QUICK));
    }
}
