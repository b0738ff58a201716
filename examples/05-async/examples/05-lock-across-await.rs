//! A lock that is held across an await: two additions on one thread, and neither ends.

use std::cell::Cell;
use std::io;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use asynchronous::pitfalls::{add_after, add_held, add_in_turn, ends_within};
use clap::Parser;
use lab::command_line::millis;
use lab::stage::{self, Screen};
use tokio::join;

/// Two additions on one thread; each waits for what it adds. They lock the total in three ways.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How long to wait for the two before they are given up
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis(1, 60_000))]
    deadline: Duration,
}

fn main() -> ExitCode {
    stage::show(|&Arguments { deadline }: &Arguments, screen| {
        screen.line("two additions on one thread; each waits for what it adds")?;
        let tell = |way, peak| tell(screen, way, peak, deadline);
        tell("std guard held across the await", ends_within(deadline, held))?;
        tell("std lock after the await", ends_within(deadline, after))?;
        tell("tokio guard held across the await", ends_within(deadline, in_turn))?;
        Ok(())
    })
}

// ANCHOR: held
/// Adds two parts, each with the lock held. Returns how many were waited for at once.
async fn held() -> usize {
    let (total, waits) = (Mutex::new(0), Waits::default());
    join!(add_held(&total, waits.part(1)), add_held(&total, waits.part(2)));
    waits.peak.get()
}
// ANCHOR_END: held

async fn after() -> usize {
    let (total, waits) = (Mutex::new(0), Waits::default());
    join!(add_after(&total, waits.part(1)), add_after(&total, waits.part(2)));
    waits.peak.get()
}

async fn in_turn() -> usize {
    let (total, waits) = (tokio::sync::Mutex::new(0), Waits::default());
    join!(add_in_turn(&total, waits.part(1)), add_in_turn(&total, waits.part(2)));
    waits.peak.get()
}

fn tell(
    screen: &Screen,
    way: &str,
    peak: Option<usize>,
    deadline: Duration,
) -> io::Result<()> {
    let outcome = match peak {
        Some(peak) => format!("both are done, at most {peak} waited at once"),
        None => format!("{} ms later: none is done", deadline.as_millis()),
    };
    screen.line(&format!("  {way:<34} {outcome}"))
}

/// How many parts are waited for, and the most that were at once.
#[derive(Default)]
struct Waits {
    now: Cell<usize>,
    peak: Cell<usize>,
}

impl Waits {
    /// A part that takes its time.
    async fn part(&self, part: u64) -> u64 {
        self.now.update(|now| now + 1);
        self.peak.update(|peak| peak.max(self.now.get()));
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.now.update(|now| now - 1);
        part
    }
}
