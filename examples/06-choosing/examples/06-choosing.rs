//! Which model to take for a job of yours: a recommendation, its reason, and what was measured.

use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use choosing::advice::{Advice, Bound, Choice, Cited, Job, Knows, advise};
use choosing::measured::{Measured, Row, Run, Table};
use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};

/// Recommends a model for a job. Without arguments the job is the five sites
#[derive(Parser)]
#[command(
    max_term_width = 80,
    after_help = "01-waiting-or-working measures the share that waits: 1 less the share that is busy. \
                  03-how-many-workers finds the slots."
)]
struct Arguments {
    /// The share of a unit's time that it waits: 0 is work alone, 1 waiting alone
    #[arg(long, value_name = "SHARE", default_value = "0.99", value_parser = share)]
    waiting: f64,

    /// How many units there are
    #[arg(long, value_name = "N", default_value = "5", value_parser = number(1, 1_000_000_000))]
    tasks: usize,

    /// How long a unit takes alone, in milliseconds; 0.05 is 50 µs
    #[arg(long, value_name = "MS", default_value = "120", value_parser = unit)]
    unit: Duration,

    /// How many at once the other side allows [default: as many as there are]
    #[arg(long, value_name = "N", value_parser = number(1, 1_000_000_000))]
    slots: Option<usize>,

    /// How many cores there are [default: those of this machine]
    #[arg(long, value_name = "N", value_parser = number(1, 100_000))]
    cores: Option<usize>,

    /// The others must survive when one crashes (not: fails, or panics)
    #[arg(long)]
    survive_crash: bool,

    /// All units change the same data
    #[arg(long)]
    shared_data: bool,

    /// What the team knows
    #[arg(long, value_name = "WHAT", default_value = "threads")]
    knows: Team,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Team {
    /// Python
    Python,
    /// Rust that blocks
    Threads,
    /// async Rust too
    Async,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share is a number from 0 to 1".to_owned()),
    }
}

fn unit(text: &str) -> Result<Duration, String> {
    match text.parse() {
        // From a microsecond to a day.
        Ok(ms) if (1e-3..=86_400_000.0).contains(&ms) => {
            Ok(Duration::from_secs_f64(ms / 1e3))
        }
        _ => Err("a unit takes from 0.001 to 86400000 ms".to_owned()),
    }
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let job = arguments.job()?;
        let advice = advise(&job);
        print_answers(screen, &job, &advice)?;
        print_advice(screen, &job, &advice)?;
        print_measured(screen, &Measured::recorded()?, &advice.cited)
    })
}

impl Arguments {
    fn job(&self) -> Result<Job, Box<dyn Error>> {
        Ok(Job {
            waiting: self.waiting,
            tasks: self.tasks,
            unit: self.unit,
            slots: self.slots,
            cores: match self.cores {
                Some(cores) => cores,
                None => thread::available_parallelism()?.get(),
            },
            survive_crash: self.survive_crash,
            shared_data: self.shared_data,
            knows: match self.knows {
                Team::Python => Knows::Python,
                Team::Threads => Knows::Threads,
                Team::Async => Knows::Async,
            },
        })
    }
}

/// The questions, with the answers that this job gives.
fn print_answers(
    screen: &Screen,
    job: &Job,
    advice: &Advice,
) -> Result<(), Box<dyn Error>> {
    let (unit, work) = (time(job.unit), time(job.work()));
    let wait = time(job.unit.saturating_sub(job.work()));
    let units = count(job.tasks, "unit", "units");
    let cores = count(job.cores, "core", "cores");
    screen.line(&format!("{units} of {unit}, {cores}\n"))?;
    let bound = match job.bound() {
        Bound::Longest => "all there are",
        Bound::Slots => "the other side allows no more",
        Bound::Cores => "then the cores are busy",
    };
    let crash = if job.survive_crash { "must not hurt others" } else { "may end all" };
    let known = match job.knows {
        Knows::Python => "Python",
        Knows::Threads => "Rust that blocks",
        Knows::Async => "async Rust",
    };
    for (question, answer) in [
        ("waiting or working?", format!("a unit waits {wait}, and works {work}")),
        ("how many at once?", format!("{:.0}: {bound}", job.at_most())),
        ("a crash?", crash.to_owned()),
        ("who owns the data?", advice.data.to_owned()),
        ("what is known?", known.to_owned()),
    ] {
        screen.line(&format!("{question:<21}{answer}"))?;
    }
    Ok(())
}

/// What to take, why, and what there is to gain.
fn print_advice(
    screen: &Screen,
    job: &Job,
    advice: &Advice,
) -> Result<(), Box<dyn Error>> {
    let (choice, workers) = (advice.choice, advice.workers);
    screen.line(&format!("\ntake     {}: {}", choice.name(), choice.instead_of()))?;
    let processes = match choice {
        // One alone is no help, as its crash takes all units along; and none is without any.
        Choice::TasksInProcesses => {
            format!(", in {} processes", job.cores.clamp(2, workers))
        }
        _ => String::new(),
    };
    screen.line(&format!("workers  {workers}{processes}"))?;
    screen.line(&format!("because  {}", advice.why))?;
    let (limit, alone) = (time(job.limit()), time(job.alone()));
    let gain = times(job.at_most());
    screen.line(&format!("at most  {gain} as fast: {limit} in place of {alone}"))?;
    let rate = job.tasks as f64 / job.limit().as_secs_f64();
    let (unit, n) = (time(job.unit), job.at_most());
    screen.line(&format!("Little   {rate:.1} /s, {unit} each: {n:.0} under way"))?;
    let gain = times(job.on_one_core().at_most());
    screen
        .line(&format!("Amdahl   {gain} as fast on one core, which all work shares"))?;
    Ok(())
}

/// The rows of the bench behind it.
fn print_measured(
    screen: &Screen,
    measured: &Measured,
    cited: &[Cited],
) -> Result<(), Box<dyn Error>> {
    screen.line(
        "\nmeasured, medians             time   to the limit         CPU      memory",
    )?;
    let mut heading = "";
    for cited in cited {
        let missing = || format!("not recorded: {cited:?}");
        let table = measured.table(cited.table).ok_or_else(missing)?;
        let row = measured.row(cited.table, cited.by, cited.row).ok_or_else(missing)?;
        if heading != cited.table {
            screen.line(&table.title)?;
            heading = cited.table;
        }
        screen.line(&line(table, &row).ok_or_else(missing)?)?;
    }
    Ok(())
}

/// One row; nothing if it was never run.
fn line(table: &Table, row: &Row<'_>) -> Option<String> {
    let median = |figure: fn(&Run) -> f64| Some(row.spread(figure)?.median);
    // A program that has no job to do is timed as a whole.
    let ms = match median(|run| run.job_ms)? {
        0.0 => median(|run| run.wall_ms)?,
        job => job,
    };
    let limit = match row.ratio_to_limit(table) {
        Some(ratio) => times(ratio.median),
        None => "none".to_owned(),
    };
    let (ms, cpu) = (millis(ms), millis(median(|run| run.cpu_ms)?));
    let memory = median(|run| run.memory_kib as f64)? / 1024.0;
    let by = if row.by == "rust" { "Rust" } else { "Python" };
    let name = row.row;
    Some(format!("  {by:<7}{name:<17}{ms:>8}{limit:>15}{cpu:>12}{memory:>8.1} MiB"))
}

fn times(ratio: f64) -> String {
    let digits = usize::from(ratio < 100.0);
    format!("{ratio:.digits$} times")
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn time(time: Duration) -> String {
    millis(time.as_secs_f64() * 1e3)
}

/// Milliseconds, in a unit that leaves few digits.
fn millis(ms: f64) -> String {
    match ms {
        0.0 => "0 ms".to_owned(),
        ..1.0 => format!("{:.0} µs", ms * 1e3),
        ..10.0 => format!("{ms:.1} ms"),
        ..1e4 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1e3),
    }
}
