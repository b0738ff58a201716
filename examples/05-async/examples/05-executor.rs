//! An executor of our own: how often it polls what, with good futures and with bad ones.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use asynchronous::executor::{Executor, Timer, Turn, leave_no_waker, wake_at_once};
use clap::Parser;
use lab::command_line::millis;
use lab::stage::{self, Screen};

/// Two waits on one thread, a future that leaves no waker, and one that wakes itself at once.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How long the first wait takes; the second takes half as long
    #[arg(long, value_name = "MS", default_value = "200", value_parser = millis(2, 10_000))]
    wait: Duration,
}

fn main() -> ExitCode {
    stage::show(|&Arguments { wait }: &Arguments, screen| {
        two_waits(screen, wait)?;
        no_waker(screen)?;
        woken_at_once(screen, wait)?;
        Ok(())
    })
}

// ANCHOR: two_waits
fn two_waits(screen: &Screen, wait: Duration) -> io::Result<()> {
    screen.line("two waits, the first twice as long as the second")?;
    let (mut executor, timer) = (Executor::new(), Timer::start()?);
    executor.spawn(timer.sleep(wait));
    executor.spawn(timer.sleep(wait / 2));
    executor.turns().try_for_each(|turn| screen.line(&describe(turn)))
}
// ANCHOR_END: two_waits

fn no_waker(screen: &Screen) -> io::Result<()> {
    screen.line("a future that leaves no waker")?;
    let mut executor = Executor::new();
    executor.spawn(leave_no_waker());
    executor.turns().try_for_each(|turn| screen.line(&describe(turn)))?;
    screen.line("  nothing can wake it any more")
}

fn woken_at_once(screen: &Screen, wait: Duration) -> io::Result<()> {
    screen.line("a future that wakes itself at once")?;
    let mut executor = Executor::new();
    executor.spawn(wake_at_once(Instant::now() + wait));
    let polls = executor.turns().count();
    screen.line(&format!("  task 1 is done, and was polled {polls} times"))
}

fn describe(turn: Turn) -> String {
    let poll = if turn.done { "ready" } else { "pending" };
    format!("  task {}, poll {}: {poll}", turn.task, turn.polls)
}
