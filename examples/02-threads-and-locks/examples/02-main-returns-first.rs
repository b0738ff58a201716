//! Five fetches are under way when `main` returns: none of them comes to an end.

use std::mem;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::slow_web::{Latency, SlowWeb};
use lab::stage;
use threads_and_locks::spawned::start_all;
use threads_and_locks::{client, fetch};

/// Starts five fetches that take a minute each, and returns without waiting for them.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

/// Far longer than this program runs.
const MINUTE: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        // Nobody is answered before six have asked: five sites, and the gate.
        let web = SlowWeb::builder()
            .sites([MINUTE; 5])
            .site("gate", Latency::Constant(Duration::ZERO))
            .barrier(6, MINUTE)
            .start()?;
        let (urls, gate) = (&web.urls()[..5], web.url("/gate"));
        let client = client(2 * MINUTE)?;
        // ANCHOR: main
        let handles = start_all(&client, urls);
        // The web answers at its gate when all five have asked for their page.
        fetch(&client, &gate)?;
        let done = handles.iter().filter(|handle| handle.is_finished()).count();
        screen
            .line(&format!("{} fetches under way, {done} done", handles.len() - done))?;
        drop(handles);
        screen.line("handles dropped: nobody waits, and main returns")?;
        // ANCHOR_END: main
        // A web that is dropped hangs up, which would end the fetches. This one stays to the end of the process.
        mem::forget(web);
        Ok(())
    })
}
