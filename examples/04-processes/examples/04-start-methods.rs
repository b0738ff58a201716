//! What it takes to start a process, and what of its parent it can see.

use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use clap::Parser;
use lab::stage;
use processes::isolation::{LEVEL, READ_LEVEL};
use processes::{Worker, work_if_asked};

/// Starts a thread and a process, and asks each what it sees of a number that was changed.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    // ANCHOR: guard
    // A worker goes no further than this.
    if let Some(code) = work_if_asked(&[&READ_LEVEL]) {
        return code;
    }
    // ANCHOR_END: guard
    stage::show(|_: &Arguments, screen| {
        // ANCHOR: look
        LEVEL.store(7, Ordering::Relaxed);
        let (time, seen) = shortest_of_ten(|| {
            let thread = thread::spawn(|| LEVEL.load(Ordering::Relaxed));
            Ok(thread.join().map_err(|_| "the thread panicked")?)
        })?;
        screen.line(&format!("a thread     {time:>6.2} ms   sees {seen}"))?;
        let (time, seen) =
            shortest_of_ten(|| Ok(Worker::start()?.call(&READ_LEVEL, &())?))?;
        screen.line(&format!("a process    {time:>6.2} ms   sees {seen}"))?;
        // ANCHOR_END: look
        Ok(())
    })
}

/// What a job comes to, and the shortest time that it took, in milliseconds.
fn shortest_of_ten(
    job: impl Fn() -> Result<u64, Box<dyn Error>>,
) -> Result<(f64, u64), Box<dyn Error>> {
    let (mut shortest, mut outcome) = (f64::INFINITY, 0);
    for _ in 0..10 {
        let began = Instant::now();
        outcome = job()?;
        shortest = shortest.min(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok((shortest, outcome))
}
