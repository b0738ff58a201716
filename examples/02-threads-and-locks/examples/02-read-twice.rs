//! Many readers at once; then one that reads twice, and a writer that comes in between.

use std::error::Error;
use std::process::ExitCode;
use std::sync::RwLock;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage::{self, Screen};
use threads_and_locks::readers::{
    Reader, beside_a_writer, read_at_once, read_once, read_twice,
};

/// Many readers at once; then one that reads twice, and a writer that comes in between.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many readers hold the lock at once
    #[arg(long, value_name = "N", default_value = "4", value_parser = number(1, 1_000))]
    readers: usize,

    /// How long to wait for a reader before it is given up
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis(1, 60_000))]
    deadline: Duration,
}

fn main() -> ExitCode {
    stage::show(|&Arguments { readers, deadline }: &Arguments, screen| {
        let totals = read_at_once(&RwLock::new(vec![3, 1, 2]), readers);
        screen.line(&format!("readers that hold the lock at once: {}", totals.len()))?;
        screen.line("a reader locks twice, and a writer comes in between")?;
        watch(read_twice, deadline, screen)?;
        screen.line("a reader locks once, and a writer comes while it reads")?;
        watch(read_once, deadline, screen)
    })
}

/// Waits for a reader until the deadline, and says what it came to.
fn watch(
    reader: Reader,
    deadline: Duration,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let (refused, answers) = beside_a_writer(reader, deadline);
    let others = if refused { "must wait behind it" } else { "go before it" };
    screen.line(&format!("  the writer waits; readers that come now {others}"))?;
    let line = match answers.recv_timeout(deadline) {
        Ok((dearest, total)) => format!("dearest {dearest}, total {total}"),
        Err(RecvTimeoutError::Timeout) => {
            format!("{} ms later: no answer", deadline.as_millis())
        }
        Err(RecvTimeoutError::Disconnected) => "the reader panicked".to_owned(),
    };
    screen.line(&format!("  {line}"))?;
    Ok(())
}
