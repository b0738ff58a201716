//! Workers that share one queue of jobs, and hold its lock too long or not.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage;
use threads_and_locks::guards::{
    held_in_else, held_in_match, peak, work_after_lock, work_under_lock,
};

/// How many jobs run at once, with the lock of the queue held during a job and without.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many workers, and how many jobs
    #[arg(long, value_name = "N", default_value = "4", value_parser = number(1, 1_000))]
    workers: usize,

    /// How long a job waits for the others to run beside it
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = millis(1, 60_000))]
    patience: Duration,
}

fn main() -> ExitCode {
    stage::show(|&Arguments { workers, patience }: &Arguments, screen| {
        screen.line(&format!("jobs in one queue: {workers}, workers: {workers}"))?;
        let most = peak(workers, patience, work_under_lock);
        screen.line(&format!("  lock held during a job:   at most {most} at once"))?;
        let most = peak(workers, patience, work_after_lock);
        screen.line(&format!("  lock let go before a job: at most {most} at once"))?;

        let page = Mutex::new(None);
        screen.line("a lock taken in the head of a branch")?;
        screen.line(&format!("  held in an arm of match:  {}", held_in_match(&page)))?;
        screen.line(&format!("  held in else of if let:   {}", held_in_else(&page)))?;
        Ok(())
    })
}
