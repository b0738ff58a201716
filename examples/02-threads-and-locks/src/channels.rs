//! Values handed from thread to thread.

use std::fs;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::{Client, FetchError, Page, Url, fetch};

// ANCHOR: fetch_each
/// Fetches all pages, each on a thread of its own, and hands each result to `take`.
///
/// In completion order, one at a time, on the thread of the caller.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn fetch_each(
    client: &Client,
    urls: &[Url],
    take: impl FnMut(Result<Page, FetchError>),
) {
    let (tx, rx) = mpsc::channel();
    thread::scope(|scope| {
        for url in urls {
            let tx = tx.clone();
            scope.spawn(move || tx.send(fetch(client, url)));
        }
        // Each thread drops its sender when it ends. This one is ours.
        drop(tx);
        rx.into_iter().for_each(take);
    });
}
// ANCHOR_END: fetch_each

/// Fetches all pages, each on a thread of its own.
///
/// One result for each address, in completion order.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let mut results = Vec::new();
    fetch_each(client, urls, |result| results.push(result));
    results
}

/// Receives until the channel is closed, or silent for as long as `patience`.
///
/// What was received, in the order of arrival, and which of the two it was.
pub fn receive<T>(
    rx: &mpsc::Receiver<T>,
    patience: Duration,
) -> (Vec<T>, RecvTimeoutError) {
    let mut received = Vec::new();
    loop {
        match rx.recv_timeout(patience) {
            Ok(value) => received.push(value),
            Err(end) => return (received, end),
        }
    }
}

/// Messages that are to go through a queue.
#[derive(Debug, Clone, Copy)]
pub struct Messages {
    /// How many.
    pub number: usize,
    /// The size of each, in bytes.
    pub size: usize,
}

/// What a queue went through.
#[derive(Debug, PartialEq, Eq)]
pub struct Traffic {
    /// The most messages that were ever in the queue.
    pub peak: usize,
    /// How often the producer found the queue full, and waited.
    pub waits: usize,
    /// How many messages the consumer received.
    pub received: usize,
    /// How much the process grew until the consumer started, in bytes of resident memory;
    /// `None` where the system is not asked.
    pub growth: Option<usize>,
}

// ANCHOR: produce
/// Sends the messages as fast as the queue takes them; returns how often it had to wait.
///
/// Drops `ready` when it waits for the first time, or else when all is sent.
fn produce(messages: Messages, tx: &Sender<Vec<u8>>, ready: mpsc::Sender<()>) -> usize {
    let (mut ready, mut waits) = (Some(ready), 0);
    for _ in 0..messages.number {
        // Written to: memory that nobody has touched is only promised.
        let sent = match tx.try_send(vec![1; messages.size]) {
            Err(TrySendError::Full(message)) => {
                waits += 1;
                drop(ready.take());
                tx.send(message).is_ok()
            }
            sent => sent.is_ok(),
        };
        if !sent {
            break; // nobody receives any more
        }
    }
    waits
}
// ANCHOR_END: produce

/// Receives to the end; returns the longest that the queue was, and how many messages came.
fn drain(rx: &Receiver<Vec<u8>>) -> (usize, usize) {
    let (mut peak, mut received) = (rx.len(), 0);
    while rx.recv().is_ok() {
        received += 1;
        peak = peak.max(rx.len());
    }
    (peak, received)
}

// ANCHOR: hand_over
/// Has a producer send messages to a consumer that starts as late as it can: when the
/// queue is full, or when all is sent.
pub fn hand_over(
    messages: Messages,
    (tx, rx): (Sender<Vec<u8>>, Receiver<Vec<u8>>),
) -> Traffic {
    let before = resident();
    thread::scope(|scope| {
        let (ready, is_ready) = mpsc::channel();
        let producer = scope.spawn(move || produce(messages, &tx, ready));
        // Always an error: nothing is sent, and the sender is dropped when it is time.
        let _ = is_ready.recv();
        let growth = resident().zip(before).map(|(now, then)| now.saturating_sub(then));
        let (peak, received) = drain(&rx);
        // Fails only if the producer panicked, and it does not.
        let waits = producer.join().unwrap_or_default();
        Traffic { peak, waits, received, growth }
    })
}
// ANCHOR_END: hand_over

/// The memory of this process that is in RAM, in bytes; `None` where there is no `/proc`.
pub fn resident() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
