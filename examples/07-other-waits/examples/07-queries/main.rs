//! The same queries with a larger and larger pool of connections: what that brings when they wait, and when they work.

mod plot;
mod postgres;
mod sqlite;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage::{self, Screen};
use other_waits::database::{Answer, Database, Query, QueryError};
use thread_pool::sweep::Step;

const HEAD: &str = "   pool  throughput X    latency W       X × W    counted inside";

/// Asks a database the same queries with more and more connections
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// sqlite, postgres (one of its own, from what is installed), or postgres://... (one that you may use)
    #[arg(long, value_name = "WHICH", default_value = "sqlite")]
    database: Database,

    /// How many queries a step has at least; it has five for each connection
    #[arg(long, value_name = "N", default_value = "40", value_parser = number(1, 1_000))]
    queries: usize,

    /// How long a query waits that waits
    #[arg(long, value_name = "MS", default_value = "20", value_parser = millis(1, 1_000))]
    wait: Duration,

    /// How many rows a query counts that works
    #[arg(long, value_name = "N", default_value = "5000", value_parser = number(1, 1_000_000))]
    rows: usize,

    /// How many connections, in each step
    #[arg(long, value_name = "N,N,...", default_value = "1,2,4,8,16,32", value_delimiter = ',', value_parser = number(1, 64))]
    pool: Vec<usize>,

    /// Also draw the steps as SVG into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let (name, steps) = match &arguments.database {
            Database::Sqlite => ("SQLite", sqlite::run(arguments, screen)?),
            Database::Postgres => ("PostgreSQL", postgres::run(arguments, None, screen)?),
            Database::Elsewhere(server) => {
                ("PostgreSQL", postgres::run(arguments, Some(server), screen)?)
            }
        };
        let svg = plot::draw(name, &steps)?;
        Ok(lab::plot::save(&svg, arguments.svg.as_deref())?)
    })
}

impl Arguments {
    /// What is asked, and how it is called; the number of queries for so many connections is another matter.
    fn kinds(&self) -> [(String, Query); 2] {
        // Never more than a million: the command line says so.
        let rows = u32::try_from(self.rows).unwrap_or(u32::MAX);
        let wait = format!("queries that wait {} ms", self.wait.as_millis());
        let work = format!("queries that count {rows} rows");
        [(wait, Query::wait(self.wait)), (work, Query::work(rows))]
    }

    /// Five for each connection, or it would be measured how a pool runs dry.
    fn queries(&self, query: &Query, connections: usize) -> Vec<Query> {
        vec![query.clone(); self.queries.max(5 * connections)]
    }
}

/// What a pool of so many connections came to.
struct Measured {
    step: Step,
    /// How many queries the database had in hand on average, by its own count; `None` where it does not count.
    inside: Option<f64>,
}

/// All steps of the queries that wait, and all of those that work.
type Steps = [Vec<Measured>; 2];

impl Measured {
    /// Fails where no query was answered.
    fn new(
        connections: usize,
        wall: Duration,
        results: Vec<Result<Answer, QueryError>>,
        inside: Option<f64>,
    ) -> Result<Self, QueryError> {
        let (mut latencies, mut failures) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(answer) => latencies.push(answer.elapsed),
                Err(error) => failures.push(error),
            }
        }
        if latencies.is_empty() {
            return Err(failures.pop().unwrap_or(QueryError::NeverAsked));
        }
        latencies.sort_unstable();
        let failures = failures.iter().map(ToString::to_string).collect();
        let step = Step { workers: connections, wall, latencies, failures };
        Ok(Self { step, inside })
    }

    fn show(&self, screen: &Screen) -> Result<(), Box<dyn Error>> {
        let Self { step, inside } = self;
        let inside = inside.map_or("not counted".to_owned(), |n| format!("{n:.1} busy"));
        screen.line(&format!(
            "{:>7}{:>13.0} /s{:>10.1} ms{:>7.1} busy{inside:>18}",
            step.workers,
            step.throughput(),
            step.mean_latency() * 1e3,
            step.in_flight(),
        ))?;
        if let Some(why) = step.failures.first() {
            let n = step.failures.len();
            screen.line(&format!("        {n} lost, the first: {why}"))?;
        }
        Ok(())
    }
}

/// The mean of some counts.
fn mean(counts: &[usize]) -> Option<f64> {
    let sum: usize = counts.iter().sum();
    (!counts.is_empty()).then(|| sum as f64 / counts.len() as f64)
}
