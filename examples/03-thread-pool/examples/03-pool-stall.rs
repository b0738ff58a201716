//! Jobs that wait for jobs of their own pool: every worker waits, and none is left to work.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage;
use thread_pool::ThreadPool;
use thread_pool::stall::{step_by_step, wait_inside};

/// Runs jobs of two steps. Where a job waits for its second step, it can stall its pool.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many workers a pool has, and how many jobs there are
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 100))]
    workers: usize,
    /// How long a job waits for its second step
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis(1, 10_000))]
    patience: Duration,
}

fn main() -> ExitCode {
    stage::show(|&Arguments { workers, patience }: &Arguments, screen| {
        let pool = Arc::new(ThreadPool::new(workers)?);
        let second = Arc::new(ThreadPool::new(workers)?);
        let jobs = workers;
        let title =
            format!("{workers} workers, {jobs} jobs of two steps; the second step is");
        screen.line(&title)?;
        let tell = |way, done| {
            screen.line(&format!("  {way:<34} {done} done, {} stalled", jobs - done))
        };
        let own = wait_inside(&pool, &pool, patience);
        tell("waited for, in the job's own pool", own.iter().flatten().count())?;
        let other = wait_inside(&pool, &second, patience);
        tell("waited for, in a second pool", other.iter().flatten().count())?;
        let after = step_by_step(&pool, jobs);
        tell("submitted when the first is done", after.iter().flatten().count())?;
        Ok(())
    })
}
