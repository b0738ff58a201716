//! Ten jobs, four of them bad in a way of their own: four errors, six results, and all workers are there.

use std::io::{self, Write as _};
use std::process::{self, ExitCode};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage;
use processes::{JobLost, ProcessPool, Task, work_if_asked};

/// Runs ten jobs on a pool of processes. Four of them go wrong.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many workers there are
    #[arg(long, value_name = "N", default_value = "2", value_parser = number(1, 100))]
    workers: usize,
    /// When a job is given up
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis(1, 10_000))]
    deadline: Duration,
}

// ANCHOR: square
const SQUARE: Task<u32, u32> = Task::new("square", square);

/// The square of a number. For some numbers it is a bad day.
fn square(n: u32) -> u32 {
    match n {
        2 => process::abort(),
        4 => drop(io::stdout().write_all(b"found the number four\n")),
        6 => thread::park(),
        8 => panic!("not eight"),
        _ => {}
    }
    n * n
}
// ANCHOR_END: square

// ANCHOR: main
fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&[&SQUARE]) {
        return code;
    }
    stage::show(|&Arguments { workers, deadline }: &Arguments, screen| {
        let pool = ProcessPool::new(workers)?;
        let results =
            pool.map(1..=10, move |worker, n| worker.call_within(&SQUARE, &n, deadline));
        for (n, result) in (1..).zip(results) {
            let outcome = result.map_or_else(|lost| lost.to_string(), |n| n.to_string());
            screen.line(&format!("{n:>2}  {outcome}"))?;
        }
        let serving = who_serve(&pool).iter().flatten().count();
        screen.line(&format!("{serving} of {workers} workers serve"))?;
        Ok(())
    })
}
// ANCHOR_END: main

/// Has each worker do a job: the jobs meet, so no worker does two of them.
fn who_serve(pool: &ProcessPool) -> Vec<Result<u32, JobLost>> {
    let meet = Arc::new(Barrier::new(pool.workers()));
    pool.map(vec![meet; pool.workers()], |worker, meet| {
        meet.wait();
        worker.call(&SQUARE, &1)
    })
}
