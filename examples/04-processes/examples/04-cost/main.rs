//! What a round trip costs, by how much is sent: a process or a thread for each job, or a pool of either.

mod plot;

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};
use processes::cost::{TASKS, Way, measure};
use processes::{ProcessPool, work_if_asked};
use thread_pool::ThreadPool;
use thread_pool::sweep::percentile;

use plot::{Point, size};

/// The sizes of the payloads, in bytes: 16 times as much from step to step.
const SIZES: [usize; 7] = [1, 16, 256, 4 << 10, 64 << 10, 1 << 20, 16 << 20];

/// How long a cell of the table may take, once it has its three trips.
const ENOUGH: Duration = Duration::from_millis(60);

const HEAD: &str =
    "          a process each     process pool    a thread each      thread pool";

/// Measures round trips of payloads to processes and threads, and draws what they take.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many trips each figure is the median of, at most; large ones are fewer, but at least three
    #[arg(long, value_name = "N", default_value = "21", value_parser = number(3, 1_000))]
    repeats: usize,

    /// The largest payload, in bytes
    #[arg(long, value_name = "BYTES", default_value = "16777216", value_parser = number(1, 16 << 20))]
    largest: usize,

    /// Also draw the table as SVG into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&TASKS) {
        return code;
    }
    stage::show(|arguments: &Arguments, screen| {
        screen.line(
            "there and back: the median, and half of the trips within ± (99: or more)\n",
        )?;
        let points = table(arguments, screen)?;
        if let Some(time) = starts(arguments.repeats) {
            let micros = time.as_secs_f64() * 1e6;
            screen
                .line(&format!("\nto start `true`, and wait for it: {micros:.0} µs"))?;
        }
        Ok(lab::plot::save(&plot::draw(&points)?, arguments.svg.as_deref())?)
    })
}

/// Measures and prints a row for each size.
fn table(arguments: &Arguments, screen: &Screen) -> Result<Vec<Point>, Box<dyn Error>> {
    let (processes, threads) = (ProcessPool::new(1)?, ThreadPool::new(1)?);
    let ways = [
        Way::NewProcess,
        Way::ProcessPool(&processes),
        Way::NewThread,
        Way::ThreadPool(&threads),
    ];
    screen.line(HEAD)?;
    let mut points = Vec::new();
    for bytes in SIZES.into_iter().filter(|&bytes| bytes <= arguments.largest) {
        let payload: Vec<u8> = (0..=u8::MAX).cycle().take(bytes).collect();
        let mut line = format!("{:>7}", size(bytes as f64));
        let mut micros = [0.0; 4];
        for (way, micros) in ways.into_iter().zip(&mut micros) {
            let times = measure(way, &payload, arguments.repeats, ENOUGH)?;
            let spread;
            (*micros, spread) = middle(&times).ok_or("no trip was measured")?;
            // Writing to a String cannot fail.
            let _ = write!(line, "{micros:>7.0} µs ± {:>2.0} %", spread.min(99.0));
        }
        screen.line(&line)?;
        points.push(Point { bytes, micros });
    }
    Ok(points)
}

/// The median in microseconds, and half the way between the quartiles, in percent of it.
fn middle(times: &[Duration]) -> Option<(f64, f64)> {
    let micros = |percent| Some(percentile(times, percent)?.as_secs_f64() * 1e6);
    let (low, median, high) = (micros(25)?, micros(50)?, micros(75)?);
    Some((median, (high - low) / 2.0 / median * 100.0))
}

/// The median time of a process that does nothing at all; `None` where there is no `true`.
fn starts(repeats: usize) -> Option<Duration> {
    let mut times = Vec::new();
    for _ in 0..repeats {
        let began = Instant::now();
        Command::new("true").status().ok()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    percentile(&times, 50)
}
