//! A channel whose senders have all been used and not all been dropped.

use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use lab::command_line::millis;
use lab::stage;
use threads_and_locks::channels::receive;

/// Receives from a channel while a sender is kept, and after it is dropped
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How long to wait for a message before giving up
    #[arg(long, value_name = "MS", value_parser = millis(1, 60_000), default_value = "200")]
    patience: Duration,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let (tx, rx) = mpsc::channel();
        for n in 1..=3 {
            let tx = tx.clone();
            // Joined at once: when we receive, all three have sent, and have ended.
            let _ = thread::spawn(move || tx.send(n)).join();
        }
        screen.line("3 threads have sent a value each, and have ended")?;

        let (values, end) = receive(&rx, arguments.patience);
        screen
            .line(&format!("tx is still there: {} values, then: {end}", values.len()))?;
        drop(tx);
        let (values, end) = receive(&rx, arguments.patience);
        screen
            .line(&format!("tx is dropped:     {} values, then: {end}", values.len()))?;
        Ok(())
    })
}
