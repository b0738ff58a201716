//! A heart that beats on the event loop, beside sections that hold the loop's thread, and sections that do not.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::heartbeat::{INTERVAL, Section, block, calmest_beside};
use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::time::timeout;

/// How long the sections are, in milliseconds.
const LENGTHS: [u64; 3] = [1, 10, 100];

/// A heart that beats each 10 ms on one thread, and how late it is beside sections of 1, 10 and 100 ms.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How often each section is run; the run that was disturbed least is told
    #[arg(long, value_name = "N", default_value = "2", value_parser = number(1, 9))]
    repeats: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(tell_all(arguments.repeats, screen))
    })
}

async fn tell_all(repeats: usize, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let every = INTERVAL.as_millis();
    screen
        .line(&format!("a beat each {every} ms on one thread; how late it is beside"))?;
    screen.line(&format!("{:>47}{:>11}{:>11}   beats", "1 ms", "10 ms", "100 ms"))?;
    for section in Section::ALL {
        let mut line = format!("  {:<34}", section.code());
        let mut beats = 0;
        for length in LENGTHS.map(Duration::from_millis) {
            let pulse = calmest_beside(section, length, repeats).await;
            write!(line, " {:>7.1} ms", pulse.worst.as_secs_f64() * 1e3)?;
            beats = pulse.beats;
        }
        let within = if beats == 0 { "none" } else { "some" };
        screen.line(&format!("{line}   {within}"))?;
    }
    screen.line("beats: those that fell into the 100 ms")?;

    // ANCHOR: overrun
    let overrun = timeout(INTERVAL, async { block(INTERVAL * 10) }).await;
    // ANCHOR_END: overrun
    let verdict = if overrun.is_ok() { "in time" } else { "too late" };
    screen.line("")?;
    screen.line(&format!(
        "thread::sleep of 100 ms in a timeout of {every} ms: {verdict}"
    ))?;
    Ok(())
}
