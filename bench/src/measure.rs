//! Runs the rows, table by table, in turn.

use std::env;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};
use asynchronous::many::{fits, needs, raise_descriptor_limit};
use choosing::measured::{About, By, Measured, Run};
use lab::command_line::complain;
use lab::slow_web::{Counts, Elsewhere};

use crate::interpreters::Interpreter;
use crate::matrix::{Job, MISSING, Plan, Planned, Scale, cores, plans};
use crate::row::Told;
use crate::{Measure, root, sampled, say};

/// Measures what was asked for.
///
/// # Errors
///
/// When nothing can be measured. If it is to be strict: when a row cannot be run, does not do its job, or does it otherwise than the
/// others of its table; if not, that table is left out.
pub(crate) fn measure(asked: &Measure, scale: &Scale, runs: usize) -> Result<Measured> {
    let pythons: Vec<Interpreter> = asked
        .python
        .iter()
        .enumerate()
        .map(|(i, program)| Interpreter::ask(program, i == 0))
        .collect::<Result<_>>()?;
    if pythons.is_empty() {
        say("no --python was named: only Rust is measured")?;
    }
    for (i, python) in pythons.iter().enumerate() {
        let id = &python.by.id;
        let is_new = pythons[..i].iter().all(|other| other.by.id != *id);
        ensure!(is_new, "two interpreters would both be called {id}");
    }
    let mut plans = plans(scale, &pythons);
    for name in &asked.table {
        let is_there = plans.iter().any(|plan| is_named(name, &plan.table.id));
        ensure!(is_there, "there is no table {name}");
    }
    plans.retain(|plan| asked.wants(&plan.table.id));

    let mut measured = Measured {
        about: About {
            date: httpdate::fmt_http_date(SystemTime::now())
                .get(5..16)
                .unwrap_or_default()
                .to_owned(),
            machine: lab::machine::describe()
                .into_iter()
                .map(|(what, which)| format!("{what}: {which}"))
                .collect(),
            cores: cores(),
            by: [rust()]
                .into_iter()
                .chain(pythons.iter().map(|python| python.by.clone()))
                .collect(),
            tables: Vec::new(),
        },
        runs: Vec::new(),
    };
    // Those of the rows and of the web, too: a process inherits the limit of who started it.
    let descriptors = raise_descriptor_limit();
    for plan in plans {
        let (id, at_once) = (&plan.table.id, plan.job.at_once());
        if fits(at_once, descriptors) < at_once {
            let needed = needs(at_once);
            let why = format!(
                "{id}: left out, {descriptors} descriptors are too few (try ulimit -n {needed})"
            );
            ensure!(!asked.strict, "{why}");
            say(&why)?;
            continue;
        }
        let missing = plan.table.left_out.iter().find(|row| row.why.starts_with(MISSING));
        if let Some(row) = missing.filter(|_| asked.strict) {
            bail!("{id}: {} {} cannot be run: {}", row.by, row.row, row.why);
        }
        say(&format!("{id}: {}", plan.table.title))?;
        match (Bench { pythons: &pythons, plan: &plan }).run(runs) {
            Ok(done) => measured.runs.extend(done),
            Err(error) if asked.strict => return Err(error),
            // The other tables are worth having: half an hour may have gone into them.
            Err(error) => {
                complain(&format!("{error:#}; the table is left out"));
                continue;
            }
        }
        measured.about.tables.push(plan.table);
        set_limit_of_work(&mut measured);
    }
    ensure!(!measured.about.tables.is_empty(), "nothing could be measured");
    Ok(measured)
}

impl Measure {
    fn wants(&self, table: &str) -> bool {
        self.table.is_empty() || self.table.iter().any(|name| is_named(name, table))
    }
}

fn is_named(name: &str, table: &str) -> bool {
    table == name || name.ends_with('-') && table.starts_with(name)
}

/// Work has no longest wait. Its limit is that of the fastest who does it one after another, shared out to the cores.
fn set_limit_of_work(measured: &mut Measured) {
    let Some(table) = measured.about.tables.last() else { return };
    let rows = measured.rows(&table.id);
    let alone = rows.iter().filter(|row| row.row == "sequential");
    let medians = alone.filter_map(|row| row.spread(|run| run.job_ms));
    let fastest = medians.map(|spread| spread.median).reduce(f64::min);
    let cores = measured.about.cores;
    if let (Some(fastest), Some(table)) = (fastest, measured.about.tables.last_mut())
        && table.limit_ms.is_none()
    {
        table.limit_ms = Some(fastest / cores as f64);
        table.limit = Some(format!("the fastest on one core, divided by {cores} cores"));
    }
}

fn rust() -> By {
    let version = lab::machine::version("rustc").unwrap_or_default();
    let number = version.split_whitespace().nth(1).unwrap_or("of an unknown version");
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    By {
        id: "rust".to_owned(),
        name: format!("Rust {number}"),
        gil: None,
        build: format!("profile {profile}"),
    }
}

/// The size of a page of the slow web, in bytes.
const PAGE: usize = 1024;

/// A table that is being filled.
struct Bench<'a> {
    pythons: &'a [Interpreter],
    plan: &'a Plan,
}

impl Bench<'_> {
    /// Runs all rows in turn, once to warm up, and then as often as is counted.
    fn run(&self, counted: usize) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        let mut value = self.expected();
        for number in 0..=counted {
            for row in &self.plan.rows {
                let name =
                    format!("{}, {} {}", self.plan.table.id, self.by(row), row.row);
                let (run, its) =
                    self.run_once(row, number).with_context(|| name.clone())?;
                let should = *value.get_or_insert(its);
                ensure!(its == should, "{name}: it came to {its}, not to {should}");
                if number > 0 {
                    runs.push(run);
                }
            }
        }
        Ok(runs)
    }

    fn by(&self, row: &Planned) -> &str {
        row.python.map_or("rust", |i| &self.pythons[i].by.id)
    }

    /// What each row has to come to, where that is known; otherwise all rows have to come to the same.
    fn expected(&self) -> Option<u64> {
        match &self.plan.job {
            Job::Fetch { latencies_ms, times, .. } => {
                Some((latencies_ms.len() * times * PAGE) as u64)
            }
            Job::Units { count } => Some(*count as u64),
            Job::Counter { threads, increments } => Some(*threads as u64 * increments),
            Job::Start => Some(0),
            Job::Crunch { .. } | Job::Hash { .. } => None,
        }
    }

    /// One run of a row, and what it came to.
    fn run_once(&self, row: &Planned, number: usize) -> Result<(Run, u64)> {
        let web = self.web()?;
        let mut command = self.command(row)?;
        if let (Some(web), Job::Fetch { latencies_ms, .. }) = (&web, &self.plan.job) {
            let sites = 1..=latencies_ms.len();
            command.args(sites.map(|n| web.url(&format!("site-{n}")).to_string()));
        }
        let taken = sampled::run(&mut command, row.is_many_processes())?;
        let counts = web.map(Elsewhere::end).transpose()?;
        ensure!(taken.status.success(), "it ended with {}", taken.status);
        let last = taken.output.lines().last().unwrap_or_default();
        let told: Told = serde_json::from_str(last)
            .with_context(|| format!("it told nothing of itself: {last:?}"))?;
        if let (Some(counts), Some(requests)) = (&counts, self.plan.job.requests()) {
            let seen = counts.requests;
            ensure!(seen == requests, "the web saw {seen} requests of {requests}");
            let given_up = counts.given_up;
            ensure!(given_up == 0, "{given_up} requests were given up");
        }
        let millis = |time: std::time::Duration| round(time.as_secs_f64() * 1e3);
        let count = |number: fn(&Counts) -> usize| counts.map(|c| number(&c) as u64);
        let run = Run {
            table: self.plan.table.id.clone(),
            by: self.by(row).to_owned(),
            row: row.row.to_owned(),
            run: number,
            job_ms: round(told.job_ms),
            wall_ms: millis(taken.wall),
            cpu_ms: millis(taken.cpu),
            memory_kib: taken.memory_kib(told.memory_kib),
            threads: taken.threads,
            in_flight: count(|counts| counts.peak_in_flight),
            connections: count(|counts| counts.connections),
            web_cpu_ms: counts.and_then(|counts| counts.cpu_ms).map(round),
            gil: told.gil,
        };
        Ok((run, told.value))
    }

    /// A web of its own for each run, so that none finds the connections or the memory of another.
    fn web(&self) -> Result<Option<Elsewhere>> {
        let Job::Fetch { latencies_ms, slots, .. } = &self.plan.job else {
            return Ok(None);
        };
        let mut command = Command::new(env::current_exe()?);
        command.arg("serve");
        if let Some(slots) = slots {
            command.args(["--slots", &slots.to_string()]);
        }
        command.args(latencies_ms.iter().map(u64::to_string));
        Ok(Some(Elsewhere::start(&mut command)?))
    }

    fn command(&self, row: &Planned) -> Result<Command> {
        let mut command = match row.python {
            None => {
                let mut command = Command::new(env::current_exe()?);
                command.arg("row");
                command
            }
            Some(i) => {
                let mut command = Command::new(&self.pythons[i].program);
                command.arg(root().join("bench/python/rows.py"));
                command
            }
        };
        command.args(self.plan.job.arguments(row.row, row.workers));
        Ok(command)
    }
}

/// To microseconds: what is finer is noise.
fn round(ms: f64) -> f64 {
    (ms * 1e3).round() / 1e3
}
