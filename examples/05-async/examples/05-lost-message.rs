//! Four messages in pieces, read by three loops that also do something else. One of them loses a message.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::select::{new_read_each_turn, one_read_each_frame, reader_of_its_own};
use clap::Parser;
use lab::stage::{self, Screen};
use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
use tokio::runtime;
use tokio::time::{Instant, Interval, interval_at, sleep};

/// What is written at a time: `alpha`, `bravo`, `delta` and `hotel`, two of them in pieces.
const PIECES: [&str; 4] = ["alpha", "bra", "vodelta", "hotel"];
/// The time from tick to tick, and from piece to piece.
const TICK: Duration = Duration::from_millis(10);

/// Sends messages in pieces, and shows what each of three loops receives
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        // The clock stands still, and jumps to the next timer when all tasks wait: each run is the same run.
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build()?;
        runtime.block_on(show(screen))
    })
}

async fn show(screen: &Screen) -> Result<(), Box<dyn Error>> {
    let tell = |what: &str, frames: &[String]| {
        screen.line(&format!("{what:<24}{}", frames.join(" ")))
    };
    screen.line("sent                    alpha bravo delta hotel")?;
    screen.line(&format!("in the pieces           {}\n", PIECES.join(" | ")))?;
    let (reader, ticks) = begin();
    tell("a new read each turn", &new_read_each_turn(reader, ticks).await)?;
    let (reader, ticks) = begin();
    tell("one read for each frame", &one_read_each_frame(reader, ticks).await)?;
    let (reader, ticks) = begin();
    tell("a reader of its own", &reader_of_its_own(reader, ticks).await)?;
    Ok(())
}

// ANCHOR: begin
/// A connection in memory, on which the pieces come; between any two of them is a tick.
fn begin() -> (DuplexStream, Interval) {
    let (mut writer, reader) = duplex(64);
    tokio::spawn(async move {
        sleep(TICK / 2).await;
        for piece in PIECES {
            writer.write_all(piece.as_bytes()).await?;
            sleep(TICK).await;
        }
        std::io::Result::Ok(()) // the writer is dropped, which closes the connection
    });
    (reader, interval_at(Instant::now() + TICK, TICK))
}
// ANCHOR_END: begin
