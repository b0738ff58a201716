//! A slow loop body after `buffered`: the fetches stand still, and their deadlines do not.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::slow_consumer::{in_tasks, in_the_loop, through_a_channel};
use asynchronous::{FetchError, Page, client};
use clap::Parser;
use futures_util::future::try_join_all;
use lab::command_line::millis;
use lab::slow_web::SlowWeb;
use lab::stage;
use tokio::runtime;
use tokio::time::sleep;

/// Fetches four pages, two at once, and needs a while for each page that has come.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How long the body of the loop needs for a page
    #[arg(long, value_name = "MS", default_value = "450", value_parser = millis(0, 2_000))]
    body: Duration,
    /// How long a fetch may take
    #[arg(long, value_name = "MS", default_value = "400", value_parser = millis(1, 2_000))]
    timeout: Duration,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        screen
            .line("four fetches, two at once    more begun meanwhile  pages  timeouts")?;
        // Side by side, to have it over sooner: each way has a slow web of its own.
        let ways = [Way::InTheLoop, Way::InTasks, Way::ThroughAChannel];
        let rows = ways.map(|way| row(way, arguments));
        for row in runtime.block_on(try_join_all(rows))? {
            screen.line(&row)?;
        }
        Ok(())
    })
}

#[derive(Debug, Clone, Copy)]
enum Way {
    InTheLoop,
    InTasks,
    ThroughAChannel,
}

// ANCHOR: row
async fn row(way: Way, arguments: &Arguments) -> Result<String, Box<dyn Error>> {
    let web = SlowWeb::builder().sites(DELAYS.map(Duration::from_millis)).start()?;
    let (client, urls) = (client(arguments.timeout)?, web.urls());
    let (begun, results) = (Cell::new(None), RefCell::new(Vec::new()));
    let body = async |page: Result<Page, FetchError>| {
        if page.is_ok() {
            sleep(arguments.body).await; // it writes the page somewhere, say
        }
        // What the web has seen when the first body is done.
        begun.set(begun.get().or(Some(web.requests())));
        results.borrow_mut().push(page);
    };
    match way {
        Way::InTheLoop => in_the_loop(&client, &urls, 2, body).await,
        Way::InTasks => in_tasks(&client, &urls, 2, body).await,
        Way::ThroughAChannel => through_a_channel(&client, &urls, 2, body).await,
    }
    // ANCHOR_END: row
    let more = if begun.get() > Some(2) { "yes" } else { "no" };
    let pages = results.borrow().iter().flatten().count();
    let timeouts = results.borrow().len() - pages;
    let name = match way {
        Way::InTheLoop => "in the loop",
        Way::InTasks => "a task for each fetch",
        Way::ThroughAChannel => "a channel between",
    };
    Ok(format!("  {name:<26} {more:>20} {pages:>6} {timeouts:>9}"))
}

/// Of each two, one answers at once, and one answers while the body is busy with the other.
const DELAYS: [u64; 4] = [1, 200, 1, 200];
