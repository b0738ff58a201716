//! The same job in every model, and their timelines one under the other on one scale.

use std::error::Error;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use choosing::{Model, Setting};
use clap::{Parser, ValueEnum};
use lab::command_line::{SiteArguments, number};
use lab::slow_web::SlowWeb;
use lab::stage::{self, NUMBERS, Screen};
use lab::timeline::{Block, Record, Several, Timeline};
use processes::{TASKS, work_if_asked};
use tracing_subscriber::prelude::*;

/// More rows than this, eight times over, nobody looks at.
const MOST_ROWS: usize = 100;

/// Does the same job in every model, and draws all of them on one scale.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// What to do: wait for sites, or count the primes below 500,000 in chunks
    #[arg(long, value_enum, default_value_t = Job::Fetch)]
    job: Job,

    #[command(flatten)]
    sites: SiteArguments,

    /// How many at once, for the models that have a limit
    #[arg(long, value_name = "N", default_value = "2", value_parser = number(1, 100))]
    workers: usize,

    /// How many threads, for the models that have one a core [default: the cores of this machine]
    #[arg(long, value_name = "N", value_parser = number(1, 100))]
    cores: Option<usize>,

    /// Also draw the timelines as SVG into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Job {
    Fetch,
    Crunch,
}

fn main() -> ExitCode {
    // For the model with processes. They are this program too, and go no further.
    if let Some(code) = work_if_asked(&TASKS) {
        return code;
    }
    stage::show(|arguments: &Arguments, screen| {
        let timeline = Timeline::new();
        tracing_subscriber::registry().with(timeline.clone()).try_init()?;
        match arguments.job {
            Job::Fetch => arguments.fetch(&timeline, screen),
            Job::Crunch => arguments.crunch(&timeline, screen),
        }
    })
}

impl Arguments {
    /// Fetches the sites in every model, each from a slow web of its own.
    fn fetch(&self, timeline: &Timeline, screen: &Screen) -> Result<(), Box<dyn Error>> {
        let latencies = self.sites.latencies();
        check_rows(latencies.len())?;
        let mut all = Several::default();
        for model in Model::ALL {
            let web = SlowWeb::builder().sites(latencies.iter().copied()).start()?;
            let urls = web.urls();
            let ready = model.ready(self.setting())?;
            let (fetched, wall, record) = measured(timeline, || ready.fetch_all(&urls))?;
            for page in fetched {
                page.map_err(|failed| {
                    format!("{}: {}: {failed}", model.name(), failed.url)
                })?;
            }
            let record = in_order(record, urls.iter().map(|url| url.path()[1..].into()));
            let peak = web.peak_in_flight();
            let told = format!("at most {peak} in flight, {}", self.held(model, &record));
            all.blocks.push(block(model, wall, &told, record));
        }
        let sites = latencies.len();
        let title = format!("{sites} sites, fetched in {} models", Model::ALL.len());
        self.show(&title, &all, screen)
    }

    /// Counts the primes in every model that works.
    fn crunch(&self, timeline: &Timeline, screen: &Screen) -> Result<(), Box<dyn Error>> {
        let n = self.sites.sites.unwrap_or(5);
        check_rows(n)?;
        let n = n as u64;
        let chunks: Vec<Range<u64>> =
            (0..n).map(|i| NUMBERS * i / n..NUMBERS * (i + 1) / n).collect();
        let mut all = Several::default();
        let mut first: Option<(Vec<u64>, Duration)> = None;
        for model in Model::WORKING {
            let ready = model.ready(self.setting())?;
            let (counts, wall, record) =
                measured(timeline, || ready.crunch_all(&chunks))?;
            let (expected, alone) = first.get_or_insert_with(|| (counts.clone(), wall));
            if counts != *expected {
                return Err(format!("{} counts {counts:?}", model.name()).into());
            }
            let record =
                in_order(record, chunks.iter().map(|chunk| format!("{chunk:?}")));
            let times = alone.as_secs_f64() / wall.as_secs_f64();
            let told = format!("{times:.1} times as fast, {}", self.held(model, &record));
            all.blocks.push(block(model, wall, &told, record));
        }
        let primes: u64 = first.iter().flat_map(|(counts, _)| counts).sum();
        let models = Model::WORKING.len();
        let title = format!(
            "{primes} primes below {NUMBERS}, counted in {n} chunks in {models} models"
        );
        self.show(&title, &all, screen)
    }

    fn setting(&self) -> Setting {
        // Twice the longest wait that the web grants.
        let here = Setting::here(Duration::from_mins(2), self.workers);
        Setting { cores: self.cores.unwrap_or(here.cores), ..here }
    }

    /// How many threads the work held, and for how long, all of them together.
    fn held(&self, model: Model, record: &Record) -> String {
        let threads = match model {
            // Which of them are needed for so little is luck.
            Model::AllCores => format!("up to {}", threads(self.setting().cores)),
            _ => threads(record.threads()),
        };
        let held: f64 = record
            .spans
            .iter()
            .flat_map(|span| &span.held)
            .map(|held| held.end_ms - held.begin_ms)
            .sum();
        format!("{threads} for {held:.0} ms")
    }

    /// Prints the drawing, and writes the picture where one is wanted.
    fn show(
        &self,
        title: &str,
        all: &Several,
        screen: &Screen,
    ) -> Result<(), Box<dyn Error>> {
        screen.line(&format!("{title}\n"))?;
        screen.line(all.to_text().trim_end())?;
        let id = match self.job {
            Job::Fetch => "every-model",
            Job::Crunch => "every-model-crunch",
        };
        Ok(lab::plot::save(&all.to_svg(id, title), self.svg.as_deref())?)
    }
}

/// `1 thread`, `2 threads`.
fn threads(n: usize) -> String {
    format!("{n} thread{}", if n == 1 { "" } else { "s" })
}

fn check_rows(rows: usize) -> Result<(), String> {
    if rows > MOST_ROWS {
        return Err(format!("{rows} rows for each model are more than {MOST_ROWS}"));
    }
    Ok(())
}

/// What the job came to, how long that took, and what its spans say.
fn measured<T>(
    timeline: &Timeline,
    job: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<(T, Duration, Record), Box<dyn Error>> {
    timeline.restart();
    let began = Instant::now();
    let outcome = job()?;
    Ok((outcome, began.elapsed(), timeline.record()))
}

/// The rows in the order of their labels: who of several threads begins first is luck.
fn in_order(mut record: Record, labels: impl Iterator<Item = String>) -> Record {
    let labels: Vec<String> = labels.collect();
    record.spans.sort_by_key(|span| labels.iter().position(|label| *label == span.label));
    record
}

fn block(model: Model, wall: Duration, told: &str, record: Record) -> Block {
    let note = format!("{:>5.0} ms, {told}", wall.as_secs_f64() * 1e3);
    Block { name: model.name().to_owned(), note, record }
}
