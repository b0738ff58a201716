//! Squares ten numbers in worker processes: what `Pool.map` does in Python.

use std::process::ExitCode;

use clap::Parser;
use lab::command_line::number;
use lab::stage;
use processes::isolation::SQUARE;
use processes::{ProcessPool, work_if_asked};

/// Squares ten numbers in worker processes.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many worker processes
    #[arg(long, value_name = "N", default_value = "2", value_parser = number(1, 64))]
    workers: usize,
}

// ANCHOR: main
fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&[&SQUARE]) {
        return code;
    }
    stage::show(|arguments: &Arguments, screen| {
        let pool = ProcessPool::new(arguments.workers)?;
        let squares = pool.map(0..10, |worker, n| worker.call(&SQUARE, &n));
        let squares: Vec<u64> = squares.into_iter().collect::<Result<_, _>>()?;
        screen.line(&format!("{squares:?}"))?;
        Ok(())
    })
}
// ANCHOR_END: main
