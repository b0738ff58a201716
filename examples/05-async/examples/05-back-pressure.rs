//! How far a producer runs ahead of a consumer that has not begun yet.

use std::process::ExitCode;

use asynchronous::back_pressure::{Run, bounded, unbounded};
use clap::Parser;
use lab::command_line::number;
use lab::stage;
use tokio::runtime;

/// Sends messages to a late consumer, through channels of several sizes.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many messages are sent
    #[arg(long, value_name = "N", default_value = "1000", value_parser = number(1, 1_000_000))]
    messages: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let messages = arguments.messages as u64;
        let runtime = runtime::Builder::new_current_thread().build()?;
        let tell = |bound: &str, run: Run| {
            let Run { ahead, received } = run;
            screen.line(&format!("  {bound:<10} {ahead:>8} ahead {received:>8} received"))
        };
        screen.line(&format!("{messages} messages to a late consumer, by bound"))?;
        for capacity in [1, 4, 16] {
            let run = runtime.block_on(bounded(capacity, messages));
            tell(&capacity.to_string(), run)?;
        }
        tell("none", runtime.block_on(unbounded(messages)))?;
        Ok(())
    })
}
