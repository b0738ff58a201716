//! Downloads in the background, while another thread draws what it is told.

use std::error::Error as _;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crossbeam_channel::{Receiver, after, never, select, unbounded};
use sequential_fetch::{Client, FetchErrorKind, Url};

use crate::ThreadPool;

// ANCHOR: event
/// What a download tells the thread that draws; files are numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The answer has begun. Its length in bytes, where the site tells it.
    Began(usize, Option<u64>),
    /// So many bytes more have arrived.
    Received(usize, u64),
    /// The last word on a file.
    Ended(usize, Outcome),
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it has arrived.
    Whole,
    /// It was told to stop, before it began or on the way.
    Stopped,
    /// The site failed.
    Failed(FetchErrorKind),
}
// ANCHOR_END: event

/// Reads one file to its end, or until `stop` is set, and tells of each piece.
///
/// # Errors
///
/// When the site fails.
// ANCHOR: download
pub fn download(
    client: &Client,
    file: usize,
    url: &Url,
    stop: &AtomicBool,
    mut tell: impl FnMut(Event),
) -> Result<Outcome, FetchErrorKind> {
    if stop.load(Relaxed) {
        return Ok(Outcome::Stopped);
    }
    let mut response = client.get(url.clone()).send()?;
    if !response.status().is_success() {
        return Err(FetchErrorKind::Status(response.status().as_u16()));
    }
    tell(Event::Began(file, response.content_length()));
    let mut piece = [0; 8192];
    // Nobody can end a thread from outside: it looks for itself, between two reads.
    while !stop.load(Relaxed) {
        match response.read(&mut piece).map_err(|e| in_the_body(&e))? {
            0 => return Ok(Outcome::Whole),
            n => tell(Event::Received(file, n as u64)),
        }
    }
    Ok(Outcome::Stopped)
}
// ANCHOR_END: download

fn in_the_body(error: &io::Error) -> FetchErrorKind {
    // The layers around it say no more than that it was the body.
    let innermost = std::iter::successors(error.source(), |&cause| cause.source()).last();
    FetchErrorKind::Body(innermost.map_or_else(|| error.to_string(), ToString::to_string))
}

// ANCHOR: download_all
/// Starts the downloads on the workers of the pool, and returns at once.
///
/// The events come as they happen; each file has one `Ended`, its last. The channel
/// closes when no download is left.
pub fn download_all(
    pool: &ThreadPool,
    client: &Client,
    urls: &[Url],
    stop: &Arc<AtomicBool>,
) -> Receiver<Event> {
    let (events, screen) = unbounded();
    for (file, url) in urls.iter().cloned().enumerate() {
        let (client, stop, events) = (client.clone(), Arc::clone(stop), events.clone());
        // The result comes through the channel, so nobody waits for the handle.
        drop(pool.submit(move || {
            // A send fails only if nobody looks at the screen any more.
            let tell = |event| drop(events.send(event));
            let outcome = download(&client, file, &url, &stop, tell);
            tell(Event::Ended(file, outcome.unwrap_or_else(Outcome::Failed)));
        }));
    }
    screen
}
// ANCHOR_END: download_all

/// Hands each event to `draw` until the channel closes.
///
/// Returns whether it was interrupted. The first interrupt sets `stop`, and leaves the downloads `grace` to end; the second one
/// ends it at once.
///
/// # Errors
///
/// That of `draw`; it sets `stop`, too.
// ANCHOR: watch
pub fn watch(
    events: &Receiver<Event>,
    interrupts: &Receiver<()>,
    stop: &AtomicBool,
    grace: Duration,
    mut draw: impl FnMut(Event) -> io::Result<()>,
) -> io::Result<bool> {
    let mut patience = never();
    loop {
        select! {
            recv(events) -> event => match event {
                Ok(event) => draw(event).inspect_err(|_| stop.store(true, Relaxed))?,
                Err(_) => return Ok(stop.load(Relaxed)),
            },
            recv(interrupts) -> _ => {
                if stop.swap(true, Relaxed) {
                    return Ok(true);
                }
                patience = after(grace);
            }
            recv(patience) -> _ => return Ok(true),
        }
    }
}
// ANCHOR_END: watch

/// What has arrived so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes of each file, whole or not.
    pub bytes: Vec<u64>,
    /// What became of each file that has ended.
    pub outcomes: Vec<Option<Outcome>>,
}

impl Tally {
    /// Nothing has arrived of so many files.
    pub fn new(files: usize) -> Self {
        Self { bytes: vec![0; files], outcomes: vec![None; files] }
    }

    /// Takes an event into account.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::Began(..) => {}
            Event::Received(file, bytes) => self.bytes[*file] += bytes,
            Event::Ended(file, outcome) => self.outcomes[*file] = Some(outcome.clone()),
        }
    }
}

impl Tally {
    /// How many files have arrived whole.
    pub fn whole(&self) -> usize {
        self.files().filter(|(_, outcome)| **outcome == Some(Outcome::Whole)).count()
    }

    /// How many files have failed.
    pub fn failed(&self) -> usize {
        let failed =
            |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Failed(_)));
        self.files().filter(|(_, outcome)| failed(outcome)).count()
    }

    /// How many files have ended, whole or not.
    pub fn ended(&self) -> usize {
        self.outcomes.iter().flatten().count()
    }

    /// The bytes of the files that are here whole.
    pub fn bytes_whole(&self) -> u64 {
        let whole = |outcome: &Option<Outcome>| *outcome == Some(Outcome::Whole);
        self.files().filter(|(_, outcome)| whole(outcome)).map(|(bytes, _)| bytes).sum()
    }

    /// The bytes that are here of all other files.
    pub fn bytes_in_part(&self) -> u64 {
        self.bytes.iter().sum::<u64>() - self.bytes_whole()
    }

    fn files(&self) -> impl Iterator<Item = (u64, &Option<Outcome>)> {
        self.bytes.iter().copied().zip(&self.outcomes)
    }
}
