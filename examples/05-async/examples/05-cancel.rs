//! Five ways to lose interest in five fetches, and what the server saw of each.

use std::cell::RefCell;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use asynchronous::cancel::{
    abort_the_tasks, abort_the_threads, drop_the_future, drop_the_handles,
    drop_the_join_set, wait_with_clean_up,
};
use asynchronous::{Url, client};
use clap::Parser;
use lab::command_line::number;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::time::{sleep, timeout};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(20);

/// Begins fetches, loses interest, and asks the server what became of them
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many fetches
    #[arg(long, value_name = "N", default_value = "5", value_parser = number(1, 100))]
    fetches: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        // It cannot be made inside the runtime (in a debug build): see "A runtime inside a runtime".
        let blocking = sequential_fetch::client(PATIENCE)?;
        runtime.block_on(show(arguments.fetches, &blocking, screen))
    })
}

async fn show(
    n: usize,
    blocking: &sequential_fetch::Client,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let client = &client(PATIENCE)?;
    screen
        .line(&format!("{n} fetches under way each time         given up   answered"))?;
    let tell = |what: &str, web: &SlowWeb| {
        let (given_up, requests) = (web.given_up(), web.requests());
        screen.line(&format!("  {what:<34} {given_up:>8} {:>10}", requests - given_up))
    };

    let (web, urls) = begin("/never", n)?;
    drop_the_future(client, &urls, all_begun(&web, n)).await;
    all_ended(&web).await;
    tell("the future dropped", &web)?;
    let (web, urls) = begin("/never", n)?;
    abort_the_tasks(client, &urls, all_begun(&web, n)).await;
    all_ended(&web).await;
    tell("tasks aborted", &web)?;
    let (web, urls) = begin("/never", n)?;
    drop_the_join_set(client, &urls, all_begun(&web, n)).await;
    all_ended(&web).await;
    tell("their JoinSet dropped", &web)?;
    let (web, urls) = begin("/delay/400", n)?;
    drop_the_handles(client, &urls, all_begun(&web, n)).await;
    all_ended(&web).await;
    tell("the handles of tasks dropped", &web)?;
    let (web, urls) = begin("/delay/400", n)?;
    abort_the_threads(blocking, &urls, all_begun(&web, n)).await;
    all_ended(&web).await;
    tell("threads of spawn_blocking aborted", &web)?;

    let steps = RefCell::new(Vec::new());
    let wait = wait_with_clean_up(|step| steps.borrow_mut().push(step));
    // Over at once, after a single poll: the limit is zero.
    let _ = timeout(Duration::ZERO, wait).await;
    screen.line(&format!("\ndropped at its await: {}", steps.borrow().join(", ")))?;
    Ok(())
}

fn begin(path: &str, n: usize) -> Result<(SlowWeb, Vec<Url>), Box<dyn Error>> {
    let web = SlowWeb::builder().start()?;
    let urls = vec![web.url(path); n];
    Ok((web, urls))
}

async fn all_begun(web: &SlowWeb, n: usize) {
    comes_true(|| web.requests() == n).await;
}

async fn all_ended(web: &SlowWeb) {
    comes_true(|| web.in_flight() == 0).await;
}

/// The server is another thread, and says nothing by itself: ask it until it has seen what has to come.
async fn comes_true(claim: impl Fn() -> bool) {
    let asking = async {
        while !claim() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    // If it never does, the table shows it.
    let _ = timeout(PATIENCE, asking).await;
}
