//! Blocking calls inside async code: the panics in their own words, the call that says nothing, and four ways out.

use std::error::Error;
use std::panic;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use asynchronous::{Client, Url, blocking, client, fetch};
use clap::Parser;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime::{self, Handle};
use tokio::task::block_in_place;

/// Blocking calls inside async code, and the ways out.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

const TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        let web = SlowWeb::builder().sites([Duration::from_millis(20)]).start()?;
        let url = web.url("site-1");
        // The blocking client is made and dropped out here, where blocking is allowed.
        let (async_client, blocking) = (client(TIMEOUT)?, blocking::client(TIMEOUT)?);
        let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
        // The panics in there are caught, and their words printed: not twice.
        panic::set_hook(Box::new(|_| {}));
        runtime.block_on(what_panics(screen, &async_client, &url))?;
        drop(panic::take_hook());
        runtime.block_on(what_helps(screen, async_client, blocking.clone(), url))
    })
}

async fn what_panics(
    screen: &Screen,
    client: &Client,
    url: &Url,
) -> Result<(), Box<dyn Error>> {
    let tell = |call: &str, panic: Option<String>| {
        screen.line(call)?;
        let words = panic.unwrap_or_else(|| "no panic: the thread stands still".into());
        wrapped(&words).iter().try_for_each(|line| screen.line(line))
    };
    screen.line("in an async block:")?;
    // ANCHOR: panics
    let panic = blocking::panic_of(async { blocking::client(TIMEOUT).is_ok() });
    tell("reqwest::blocking::Client, made or used", panic.await)?;

    let (client, url) = (client.clone(), url.clone());
    let page = async move { Handle::current().block_on(fetch(&client, &url)).is_ok() };
    tell("Handle::block_on(fetch(..))", blocking::panic_of(page).await)?;

    let asleep = async { thread::sleep(Duration::from_millis(20)) };
    tell("thread::sleep(..)", blocking::panic_of(asleep).await)?;
    // ANCHOR_END: panics
    Ok(())
}

async fn what_helps(
    screen: &Screen,
    client: Client,
    blocking: blocking::Client,
    url: Url,
) -> Result<(), Box<dyn Error>> {
    screen.line("")?;
    screen.line("what to do instead:")?;
    // ANCHOR: ways_out
    let page = fetch(&client, &url).await?;
    screen.line(&format!("  the async client            {page}"))?;

    let page = blocking::fetch(&blocking, &url).await?;
    screen.line(&format!("  spawn_blocking              {page}"))?;

    let thread = blocking::own_thread(blocking)?;
    let page = blocking::ask(&thread, &url).await.ok_or("the thread is gone")??;
    screen.line(&format!("  a thread and two channels   {page}"))?;

    // On a worker of a multi_thread runtime: its other tasks move to another thread.
    let wait = move || Handle::current().block_on(fetch(&client, &url));
    let page = tokio::spawn(async move { block_in_place(wait) }).await??;
    screen.line(&format!("  block_in_place              {page}"))?;
    // ANCHOR_END: ways_out
    Ok(())
}

/// The words on lines of at most 80 columns, indented.
fn wrapped(words: &str) -> Vec<String> {
    let mut lines = vec![String::from(" ")];
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 80 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("  {word}")),
        }
    }
    lines
}
