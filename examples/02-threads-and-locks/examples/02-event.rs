//! Threads that wait for an event, and one that waits in vain.

use std::io;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage::{self, Screen};
use threads_and_locks::events::{Event, UnlockedEvent, set_in_between};

/// Threads that wait for an event, and one that waits in vain.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many threads wait for the event
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 1_000))]
    waiters: usize,

    /// How long to wait where nothing will come
    #[arg(long, value_name = "MS", default_value = "300", value_parser = millis(1, 60_000))]
    patience: Duration,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        all_go_on(arguments, screen)?;
        one_waits_in_vain(arguments.patience, screen)?;
        Ok(())
    })
}

fn all_go_on(arguments: &Arguments, screen: &Screen) -> io::Result<()> {
    let Arguments { waiters, patience } = *arguments;
    let event = Event::default();
    let (before, after) = release(&event, waiters);
    screen.line(&format!("threads that wait for an event: {waiters}"))?;
    screen.line(&format!("  before set: {before} go on, after set: {after}"))?;
    let is_set = event.wait_timeout(patience);
    screen.line(&format!("  wait, now that it is set: {is_set}"))?;
    event.clear();
    let is_set = event.wait_timeout(patience);
    screen.line(&format!("  wait, once it is cleared: {is_set}"))
}

fn one_waits_in_vain(patience: Duration, screen: &Screen) -> io::Result<()> {
    let event = UnlockedEvent::default();
    let in_vain = set_in_between(&event, patience);
    screen.line("one thread waits for a flag that is not behind the lock")?;
    screen.line(&format!("  set between look and wait: {}", event.is_set()))?;
    let ms = patience.as_millis();
    screen.line(&format!("  still waiting {ms} ms later: {in_vain}"))
}

/// Has threads wait for the event, and sets it. Returns how many went on before and after.
fn release(event: &Event, waiters: usize) -> (usize, usize) {
    let (tx, went_on) = mpsc::channel();
    thread::scope(|scope| {
        for tx in vec![tx; waiters] {
            scope.spawn(move || {
                event.wait();
                let _ = tx.send(());
            });
        }
        let before = went_on.try_iter().count();
        event.set();
        (before, went_on.iter().count())
    })
}
