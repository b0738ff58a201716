//! A future that nobody polls keeps everyone else from a lock.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use asynchronous::futurelock::{dropped, hold, kept, task_of_its_own};
use clap::Parser;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Waits for a lock twice, in three ways; one of them would wait for ever
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        // The clock stands still, and jumps to the next timer when all tasks wait: an hour takes no time.
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build()?;
        runtime.block_on(show(screen))
    })
}

const PATIENCE: Duration = Duration::from_millis(10);

async fn show(screen: &Screen) -> Result<(), Box<dyn Error>> {
    screen.line("the lock is held for 20 virtual ms; after 10, the first future is\n")?;
    tell(screen, "kept, and not polled", |sum| kept(sum, PATIENCE)).await?;
    tell(screen, "dropped", |sum| dropped(sum, PATIENCE)).await?;
    tell(screen, "a task of its own", |sum| task_of_its_own(sum, PATIENCE)).await?;
    Ok(())
}

// ANCHOR: tell
async fn tell<F: Future<Output = u32>>(
    screen: &Screen,
    what: &str,
    add: impl FnOnce(Arc<Mutex<u32>>) -> F,
) -> std::io::Result<()> {
    let sum = Arc::new(Mutex::new(0));
    hold(&sum, 2 * PATIENCE).await;
    let outcome = match timeout(Duration::from_hours(1), add(Arc::clone(&sum))).await {
        Ok(sum) => format!("the sum is {sum}"),
        Err(_) => "nothing has happened for an hour".to_owned(),
    };
    screen.line(&format!("  {what:<24}{outcome}"))
}
// ANCHOR_END: tell
