//! One thread or two under the tasks: who can run at once, and where a task goes on.

use std::process::ExitCode;
use std::time::Duration;

use asynchronous::threads::{go_on, meet};
use clap::Parser;
use lab::command_line::millis;
use lab::stage;
use tokio::runtime::Builder;

/// Two tasks that hold their thread until both are there, on a runtime of one thread and on one of two.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How long a task holds its thread and waits for the other one
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis(1, 60_000))]
    patience: Duration,
}

// ANCHOR: main
fn main() -> ExitCode {
    stage::show(|&Arguments { patience }: &Arguments, screen| {
        let one = Builder::new_current_thread().build()?;
        let two = Builder::new_multi_thread().worker_threads(2).build()?;

        screen.line("two tasks that hold their thread until both are there")?;
        for (name, runtime) in [("current_thread", &one), ("multi_thread", &two)] {
            let met = runtime.block_on(meet(patience))?;
            let outcome = if met { "both were there at once" } else { "one at a time" };
            screen.line(&format!("  {name:<16} {outcome}"))?;
        }
        screen.line("a task whose thread is held by another one when it is woken")?;
        let [before, after] = two.block_on(go_on())?;
        let outcome = if before == after { "waits for it" } else { "goes on in another" };
        screen.line(&format!("  {:<16} {outcome}", "multi_thread"))?;
        Ok(())
    })
}
// ANCHOR_END: main
