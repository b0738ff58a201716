//! How much faster the same work becomes on more workers, and what a serial part costs.

use std::error::Error;
use std::ops::Range;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};
use rayon::{ThreadPool, ThreadPoolBuilder};
use thread_pool::work::{amdahl, count_some_alone, serial_share};

/// Pieces of work, all alike, and how many of them one worker does alone in the second column: a fifth.
const CHUNKS: usize = 40;
const ALONE: [usize; 2] = [0, 8];

/// Measures the same work on 1, 2, 4 ... workers, and fits Amdahl's law to it
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many workers to try [default: 1, 2, 4 ... up to the cores, at least to 4]
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', value_parser = number(1, 1_000))]
    workers: Vec<usize>,

    /// How often each is measured; the shortest time is shown
    #[arg(long, value_name = "N", default_value = "5", value_parser = number(1, 1_000))]
    repeats: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let cores = thread::available_parallelism()?.get();
        let workers = arguments.workers(cores);
        let pools: Result<Vec<ThreadPool>, _> = workers
            .iter()
            .map(|&n| ThreadPoolBuilder::new().num_threads(n).build())
            .collect();
        let measured = measure(&pools?, arguments.repeats);
        print(screen, cores, &workers, &measured)
    })
}

impl Arguments {
    /// The first is always 1: the others are compared with it.
    fn workers(&self, cores: usize) -> Vec<usize> {
        let doubled = |n: &usize| n.checked_mul(2);
        let up_to = |most| {
            std::iter::successors(Some(2), doubled).take_while(move |&n| n <= most)
        };
        let wanted: Vec<usize> = match &self.workers[..] {
            [] => up_to(cores.max(4)).collect(),
            given => given.to_vec(),
        };
        let mut workers = vec![1];
        workers.extend(wanted.into_iter().filter(|&n| n > 1));
        workers.sort_unstable();
        workers.dedup();
        workers
    }
}

// ANCHOR: measure
/// The shortest time on each pool, in seconds, for both columns. They are measured in
/// turn, so that a slow moment of the machine hits all; and it can only add time.
fn measure(pools: &[ThreadPool], repeats: usize) -> Vec<[f64; 2]> {
    let chunks = vec![0..100_000; CHUNKS];
    let mut shortest = vec![[f64::INFINITY; 2]; pools.len()];
    for _ in 0..repeats {
        for (column, alone) in ALONE.into_iter().enumerate() {
            for (pool, shortest) in pools.iter().zip(&mut shortest) {
                let seconds = pool.install(|| time(&chunks, alone));
                shortest[column] = shortest[column].min(seconds);
            }
        }
    }
    shortest
}

fn time(chunks: &[Range<u64>], alone: usize) -> f64 {
    let began = Instant::now();
    // Without a use of the result, the compiler might leave out the work.
    std::hint::black_box(count_some_alone(chunks, alone));
    began.elapsed().as_secs_f64()
}
// ANCHOR_END: measure

fn print(
    screen: &Screen,
    cores: usize,
    workers: &[usize],
    seconds: &[[f64; 2]],
) -> Result<(), Box<dyn Error>> {
    screen.line(&format!("{CHUNKS} equal chunks of work, {cores} cores\n"))?;
    screen
        .line("           all of it shared out       a fifth of it done by one first")?;
    screen.line("workers       time     speed-up             time     speed-up")?;
    let speed_up = |row: &[f64; 2], column: usize| seconds[0][column] / row[column];
    for (n, row) in workers.iter().zip(seconds) {
        let [all, some] = [0, 1].map(|column| {
            let (ms, times) = (row[column] * 1e3, speed_up(row, column));
            format!("{ms:6.0} ms   {times:4.2} times")
        });
        screen.line(&format!("{n:7}  {all}        {some}"))?;
    }
    // Where workers share a core, it is the cores that set the limit, and not the law.
    let shares = [0, 1].map(|column| {
        let measured: Vec<(usize, f64)> = workers
            .iter()
            .copied()
            .zip(seconds.iter().map(|row| speed_up(row, column)))
            .filter(|(n, _)| *n <= cores)
            .collect();
        serial_share(&measured).map(|share| share.max(0.0))
    });
    let [Some(all), Some(some)] = shares else {
        return Ok(screen.line("\nno two workers had a core each: nothing to fit")?);
    };
    screen.line("\nAmdahl's law, fitted where each worker has a core:")?;
    screen.line(&format!("serial share{:10.1} %{:32.1} %", all * 100.0, some * 100.0))?;
    let (all, some) = (amdahl(all, 8), amdahl(some, 8));
    Ok(screen.line(&format!("on 8 cores  {all:10.1} times{some:28.1} times"))?)
}
