//! Ctrl-C as an event: nothing new is begun, and what has arrived is kept.

use std::io;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio::{select, signal};

use crate::{Client, FetchError, Page, Url, fetch};

/// What is known when the fetching ends.
#[derive(Debug)]
pub struct Outcome {
    /// One for each address, in their order; `None` where there is no result.
    pub results: Vec<Option<Result<Page, FetchError>>>,
    /// How many fetches were dropped on the way.
    pub dropped: usize,
    /// How many were not begun.
    pub not_begun: usize,
    /// Whether there was an interrupt.
    pub interrupted: bool,
}

/// Fetches the pages, at most `at_once` at a time, and tells of each result.
///
/// After an interrupt no fetch begins, and those in flight have `grace`; a second
/// interrupt ends that at once.
///
/// # Errors
///
/// What `tell` returns; then the fetches in flight are dropped.
pub async fn fetch_until_interrupted(
    client: &Client,
    urls: &[Url],
    at_once: usize,
    interrupts: &mut mpsc::Receiver<()>,
    grace: Duration,
    mut tell: impl FnMut(usize, &Result<Page, FetchError>) -> io::Result<()>,
) -> io::Result<Outcome> {
    let mut results: Vec<_> = urls.iter().map(|_| None).collect();
    let mut waiting = urls.iter().enumerate();
    let mut running = FuturesUnordered::new();
    let mut end = None; // when the grace ends, once there is an interrupt
    // ANCHOR: loop
    loop {
        while end.is_none() && interrupts.is_empty() && running.len() < at_once {
            let Some((n, url)) = waiting.next() else { break };
            running.push(fetch(client, url).map(move |result| (n, result)));
        }
        select! {
            biased; // an interrupt first
            Some(()) = interrupts.recv() => match end {
                None => end = Some(Instant::now() + grace),
                Some(_) => break, // the second one
            },
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break,
            next = running.next() => match next {
                Some((n, result)) => {
                    tell(n, &result)?;
                    results[n] = Some(result);
                }
                None if interrupts.is_empty() => break, // all done
                None => {}
            },
        }
    }
    // ANCHOR_END: loop
    Ok(Outcome {
        results,
        dropped: running.len(),
        not_begun: waiting.len(),
        interrupted: end.is_some(),
    })
} // the fetches in `running` are dropped here, and hang up

// ANCHOR: pass_on_ctrl_c
/// Passes on each Ctrl-C from now on, or from when this is first polled.
///
/// # Errors
///
/// When the system does not let us listen.
pub async fn pass_on_ctrl_c(interrupt: mpsc::Sender<()>) -> io::Result<()> {
    loop {
        signal::ctrl_c().await?;
        // Full only if nobody has answered the first two.
        let _ = interrupt.try_send(());
    }
}
// ANCHOR_END: pass_on_ctrl_c
