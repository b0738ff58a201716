//! When the copy is dearer than the work: the same bytes, with more and more to do for each.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};
use processes::cost::{TASKS, digest_by_processes, digest_by_threads, digest_here};
use processes::{ProcessPool, work_if_asked};
use serde_bytes::ByteBuf;

/// Has two processes and two threads do the same work on the same bytes, and compares.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many KiB there are to work on, in two pieces
    #[arg(long, value_name = "KIB", default_value = "2048", value_parser = number(1, 32 << 10))]
    kib: usize,

    /// How many runs each figure is the shortest of
    #[arg(long, value_name = "N", default_value = "5", value_parser = number(1, 1_000))]
    repeats: usize,
}

/// How much of its piece each worker reads: this many times the whole, divided by this.
const WORK: [(&str, usize, usize); 6] = [
    ("an eighth", 1, 8),
    ("a quarter", 1, 4),
    ("half", 1, 2),
    ("all", 1, 1),
    ("all, 4x", 4, 1),
    ("all, 16x", 16, 1),
];

fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&TASKS) {
        return code;
    }
    stage::show(|arguments: &Arguments, screen| {
        let pool = ProcessPool::new(2)?;
        screen.line(&format!("{} KiB in two pieces\n", arguments.kib))?;
        screen.line("bytes read          here    two threads         two processes")?;
        for work in WORK {
            row(screen, arguments, &pool, work)?;
        }
        Ok(())
    })
}

/// A line of the table. All three ways have to come to the same.
fn row(
    screen: &Screen,
    arguments: &Arguments,
    pool: &ProcessPool,
    (name, times, of): (&str, usize, usize),
) -> Result<(), Box<dyn Error>> {
    let pieces = vec![ByteBuf::from(vec![7; arguments.kib << 9]); 2];
    let steps = pieces[0].len() * times / of;
    let expected = digest_here(&pieces, steps);
    let time = |job: &dyn Fn(Vec<ByteBuf>) -> Result<Vec<u64>, Box<dyn Error>>| {
        let mut shortest = f64::INFINITY;
        for _ in 0..arguments.repeats {
            let copy = pieces.clone(); // not a part of the job
            let began = Instant::now();
            let digests = job(copy)?;
            shortest = shortest.min(began.elapsed().as_secs_f64() * 1e3);
            if digests != expected {
                return Err(Box::<dyn Error>::from("not all of it was done"));
            }
        }
        Ok(shortest)
    };
    let here = time(&|pieces| Ok(digest_here(&pieces, steps)))?;
    let threads = time(&|pieces| Ok(digest_by_threads(&pieces, steps)))?;
    let processes = time(&|pieces| Ok(digest_by_processes(pool, pieces, steps)?))?;
    screen.line(&format!(
        "{name:<10}{here:>11.1} ms{threads:>12.1} ms{processes:>10.1} ms, {:>4.1} times here",
        processes / here
    ))?;
    Ok(())
}
