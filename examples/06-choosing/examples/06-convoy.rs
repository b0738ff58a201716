//! Waits beside threads that compute: what a woken thread has to wait for then.

use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use choosing::convoy::{beat, beats_within, beside};
use choosing::statistics::{Spread, spread};
use clap::Parser;
use lab::stage::{self, Screen};
use sequential_fetch::crunch;

const WAITS: usize = 30;
const LENGTH: Duration = Duration::from_millis(1);
const BEATS: usize = 3;

/// Waits of 1 ms on one thread, and how much too long they are beside threads that compute.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        let heart = || beat(WAITS, LENGTH);
        let wait = || thread::sleep(10 * LENGTH);
        let compute = || {
            crunch(0..200);
        };

        screen.line(&format!(
            "{WAITS} waits of 1 ms, one after another; how much too long each is"
        ))?;
        screen.line(&format!("{:>48}{:>13}", "median", "worst"))?;
        tell("alone", &heart(), screen)?;
        tell("beside a thread that waits", &beside(1, wait, heart), screen)?;
        tell("beside a thread that computes", &beside(1, compute, heart), screen)?;
        tell("beside two threads that compute", &beside(2, compute, heart), screen)?;

        screen.line("")?;
        screen.line("waits that end while another thread computes")?;
        let beats = beats_within(Duration::from_secs(2), BEATS, LENGTH);
        let told =
            if beats < BEATS { beats.to_string() } else { format!("at least {BEATS}") };
        screen.line(&format!("  {told}"))?;
        Ok(())
    })
}

fn tell(name: &str, late: &[Duration], screen: &Screen) -> io::Result<()> {
    let late: Vec<f64> = late.iter().map(|late| late.as_secs_f64() * 1e3).collect();
    let Some(Spread { median, most, .. }) = spread(&late) else { return Ok(()) };
    screen.line(&format!("  {name:<36}{median:>7.1} ms{most:>10.1} ms"))
}
