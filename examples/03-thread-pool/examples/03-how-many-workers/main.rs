//! The same site fetched with more and more workers: throughput and latency, measured and predicted.

mod plot;

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::slow_web::{Latency, SlowWeb};
use lab::stage::{self, Screen};
use thread_pool::sweep::{Step, jobs_for, measure, percentile, predicted};
use thread_pool::{Client, Url, client, fetch};

use plot::Point;

/// The most requests that one run sends to a site that is not its own.
const MOST_ELSEWHERE: usize = 500;

/// How many pages one worker fetches alone, at most, to learn what a page takes where nobody queues.
const ALONE: usize = 20;

const HEAD: &str = "workers    predicted    measured        p50       p99        X × W";

/// Fetches one site with more and more workers, and says what that brings.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// An address to measure instead of the slow web, with at most 500 requests in all; ask whoever runs it
    #[arg(value_name = "URL")]
    url: Option<Url>,

    /// How many workers, in each step [default: 1, 2, 4 and so on to 256, and cores × 5; to 16 for a URL]
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', value_parser = number(1, 1_000))]
    workers: Vec<usize>,

    /// How many jobs a step has at least; it has ten for each worker [default: 100, or 20 for a URL]
    #[arg(long, value_name = "N", value_parser = number(1, 10_000))]
    jobs: Option<usize>,

    /// How many requests the slow web serves at once; the others queue
    #[arg(long, value_name = "N", default_value = "32", value_parser = number(1, 10_000))]
    slots: usize,

    /// How long the slow web takes for each
    #[arg(long, value_name = "MS", default_value = "20", value_parser = millis(1, 1_000))]
    latency: Duration,

    /// How many cores the mark "cores × 5" reckons with [default: those of this machine]
    #[arg(long, value_name = "N", value_parser = number(1, 1_000))]
    cores: Option<usize>,

    /// Also draw the steps as SVG into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let web = SlowWeb::builder().site("site", Latency::Constant(arguments.latency));
        let web = web.slots(arguments.slots).start()?;
        let sweep = arguments.sweep(&web)?;
        screen.line(&sweep.title)?;
        screen.line("")?;
        let rows = sweep.run(&arguments.steps(), screen)?;
        let points: Vec<Point> = rows.iter().map(Row::point).collect();
        let svg = plot::draw(&sweep.id, &sweep.title, &points, sweep.marked)?;
        Ok(lab::plot::save(&svg, arguments.svg.as_deref())?)
    })
}

impl Arguments {
    /// The numbers of workers to try, in ascending order. On the slow web cores × 5 is one of them, unless they were given.
    fn steps(&self) -> Vec<usize> {
        let mut steps = self.workers.clone();
        if steps.is_empty() && self.url.is_some() {
            // Few enough for a stranger's site, on a machine of any size.
            steps = vec![1, 2, 4, 8, 16];
        } else if steps.is_empty() {
            steps = (0..=8).map(|n| 1 << n).collect();
            steps.push(self.marked().min(256));
        }
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// Cores × 5, Python's default from 3.5 to 3.7.
    fn marked(&self) -> usize {
        let here = || thread::available_parallelism().map_or(1, usize::from);
        self.cores.unwrap_or_else(here) * 5
    }

    /// Refuses to send more requests than a stranger's site should get.
    fn sweep(&self, web: &SlowWeb) -> Result<Sweep, Box<dyn Error>> {
        let jobs = self.jobs.unwrap_or(if self.url.is_some() { 20 } else { 100 });
        let all: usize = self.steps().iter().map(|&n| n + jobs_for(n, jobs)).sum();
        // One to connect, and those that the prediction is made from.
        let all = 1 + jobs.min(ALONE) + all;
        if self.url.is_some() && all > MOST_ELSEWHERE {
            return Err(format!(
                "{all} requests are more than the {MOST_ELSEWHERE} that this program sends elsewhere"
            )
            .into());
        }
        let (slots, ms) = (self.slots, self.latency.as_millis());
        let (title, id) = match &self.url {
            Some(url) => (format!("{all} requests to {url}"), "elsewhere".to_owned()),
            None => (
                format!("a slow web of {slots} slots, {ms} ms a page"),
                format!("slots-{slots}"),
            ),
        };
        Ok(Sweep {
            title,
            id,
            client: client(Duration::from_secs(30))?,
            url: self.url.clone().unwrap_or_else(|| web.url("site")),
            slots: self.url.is_none().then_some(slots),
            jobs,
            marked: self.marked(),
        })
    }
}

/// What all steps have in common.
struct Sweep {
    title: String,
    id: String,
    client: Client,
    url: Url,
    slots: Option<usize>,
    /// The least jobs of a step.
    jobs: usize,
    marked: usize,
}

/// A step, and what Little's law says of it.
struct Row {
    step: Step,
    /// In pages a second.
    predicted: f64,
    p50: Duration,
    p99: Duration,
}

impl Sweep {
    /// Measures each step and prints it.
    fn run(&self, steps: &[usize], screen: &Screen) -> Result<Vec<Row>, Box<dyn Error>> {
        let Self { client, url, jobs, .. } = self;
        screen.line(HEAD)?;
        // The first one also connects.
        fetch(client, url).map_err(|error| format!("{url}: {error}"))?;
        let alone = measure(client, url, 1, ALONE.min(*jobs))?;
        let mut rows = Vec::new();
        for &workers in steps {
            // As many at once as will be: the step itself finds its connections open.
            measure(client, url, workers, workers)?;
            let step = measure(client, url, workers, jobs_for(workers, *jobs))?;
            let row = Row::new(step, &alone, self.slots)?;
            screen.line(&row.text(self.marked))?;
            rows.push(row);
        }
        Ok(rows)
    }
}

impl Row {
    /// An error where nothing arrived, and there is nothing to say.
    fn new(step: Step, alone: &Step, slots: Option<usize>) -> Result<Self, String> {
        let of = |percent| percentile(&step.latencies, percent);
        let (Some(p50), Some(p99), [_, ..]) = (of(50), of(99), &alone.latencies[..])
        else {
            let mut failures = step.failures.iter().chain(&alone.failures);
            let why = failures.next().map_or("no job", String::as_str);
            return Err(format!("with {} workers no page arrived: {why}", step.workers));
        };
        let predicted = predicted(step.workers, alone.mean_latency(), slots);
        Ok(Self { step, predicted, p50, p99 })
    }

    fn point(&self) -> Point {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        Point {
            workers: self.step.workers,
            predicted: self.predicted,
            throughput: self.step.throughput(),
            p50: ms(self.p50),
            p99: ms(self.p99),
        }
    }

    /// A line of the table.
    fn text(&self, marked: usize) -> String {
        let Point { workers, predicted, throughput, p50, p99 } = self.point();
        let step = &self.step;
        let mut line = format!(
            "{workers:>7}{predicted:>10.0} /s{throughput:>9.0} /s{p50:>8.0} ms{p99:>7.0} ms{:>8.1} busy",
            step.in_flight(),
        );
        if workers == marked {
            line += "  cores × 5";
        }
        if let Some(why) = step.failures.first() {
            let n = step.failures.len();
            // Writing to a String cannot fail.
            let _ = write!(line, "\n        {n} failed, the first: {why}");
        }
        line
    }
}
