//! Stages that work at the same time, joined by channels.

use std::collections::HashMap;
use std::fmt;
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use tracing::{Span, info_span, instrument};

use crate::{Client, FetchError, FetchErrorKind, Page, Url};

/// How many pages wait before a stage, at most.
pub const CAPACITY: usize = 2;

/// How often each word occurs.
pub type Words = HashMap<String, u64>;

// ANCHOR: item
/// What travels through the pipeline: a value, and its row in the picture.
struct Item<T> {
    row: Span,
    value: T,
}

impl<T> Item<T> {
    /// The next stage's item: the thread that makes it is drawn in the row.
    fn map<U>(self, work: impl FnOnce(T) -> U) -> Item<U> {
        let Self { row, value } = self;
        let value = row.in_scope(|| work(value));
        Item { row, value }
    }
}
// ANCHOR_END: item

/// Fetches one page, and keeps its text.
///
/// # Errors
///
/// As [`fetch`](crate::fetch).
#[instrument(skip_all, fields(%url), ret(Display), err)]
pub fn fetch_text(client: &Client, url: &Url) -> Result<Fetched, FetchError> {
    let began = Instant::now();
    let failed = |kind| FetchError { url: url.clone(), elapsed: began.elapsed(), kind };

    let mut response =
        client.get(url.clone()).send().map_err(|error| failed(error.into()))?;
    let status = response.status().as_u16();
    if !response.status().is_success() {
        return Err(failed(FetchErrorKind::Status(status)));
    }
    let mut text = Vec::new();
    let bytes = response.copy_to(&mut text).map_err(|error| failed(error.into()))?;

    let page = Page { url: url.clone(), status, bytes, elapsed: began.elapsed() };
    Ok(Fetched { page, text })
}

/// What the first stage makes of an address.
#[derive(Debug)]
pub struct Fetched {
    /// What chapter 1 kept of it.
    pub page: Page,
    /// The body, in bytes.
    pub text: Vec<u8>,
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.page.fmt(f)
    }
}

/// What the second stage makes of a page: its words, counted.
#[derive(Debug)]
pub struct Parsed {
    /// What chapter 1 kept of it.
    pub page: Page,
    /// The words of its body.
    pub words: Words,
}

/// Counts the words of a page.
#[instrument(skip_all, fields(url = %fetched.page.url), ret(Display))]
pub fn parse(fetched: Fetched) -> Parsed {
    let mut words = Words::new();
    for word in String::from_utf8_lossy(&fetched.text).split_whitespace() {
        match words.get_mut(word) {
            Some(times) => *times += 1,
            None => drop(words.insert(word.to_owned(), 1)),
        }
    }
    Parsed { page: fetched.page, words }
}

impl fmt::Display for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "words: {}", in_words(&self.words))
    }
}

/// `186, 8 of them different`.
fn in_words(words: &Words) -> String {
    format!("{}, {} of them different", words.values().sum::<u64>(), words.len())
}

/// What the last stage keeps: all pages, and the words of all of them together.
#[derive(Debug, Default)]
pub struct Tally {
    /// One result for each address, in completion order.
    pub pages: Vec<Result<Page, FetchError>>,
    /// The words of the pages that arrived.
    pub words: Words,
}

impl Tally {
    /// Adds a page, or what became of it; returns what there is so far.
    #[instrument(skip_all, fields(stage = "tally"), ret(Display))]
    pub fn add(&mut self, page: Result<Parsed, FetchError>) -> &Self {
        self.pages.push(page.map(|Parsed { page, words }| {
            for (word, times) in words {
                *self.words.entry(word).or_default() += times;
            }
            page
        }));
        self
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pages: {}, words: {}", self.pages.len(), in_words(&self.words))
    }
}

// ANCHOR: each
/// One thread of a stage: puts what `work` makes of each item into the next queue.
///
/// Ends when its queue is empty and closed, or when nobody receives what it makes.
#[expect(clippy::needless_pass_by_value, reason = "its end closes both queues")]
pub fn each<A, B>(input: Receiver<A>, output: Sender<B>, work: impl Fn(A) -> B) {
    for item in input {
        if output.send(work(item)).is_err() {
            break;
        }
    }
}
// ANCHOR_END: each

/// Fetches, parses and tallies, all at the same time: `fetchers` threads fetch (at least one),
/// one parses, and the caller's own tallies.
///
/// # Panics
///
/// When a stage panics, or the operating system has no thread left to give.
// ANCHOR: tally_all
pub fn tally_all(client: &Client, urls: &[Url], fetchers: usize) -> Tally {
    let (addresses, to_fetch) = unbounded();
    let (fetched, to_parse) = bounded(CAPACITY);
    let (parsed, to_tally) = bounded(CAPACITY);
    thread::scope(|scope| {
        for _ in 0..fetchers.max(1) {
            let (input, output) = (to_fetch.clone(), fetched.clone());
            let fetch = |item: Item<&Url>| item.map(|url| fetch_text(client, url));
            scope.spawn(move || each(input, output, fetch));
        }
        // Ours would keep the parser waiting for pages.
        drop((to_fetch, fetched));
        // An error is a value: it goes through as it is.
        let parse_page = |item: Item<Result<_, _>>| item.map(|page| page.map(parse));
        scope.spawn(move || each(to_parse, parsed, parse_page));

        feed(&addresses, urls);
        drop(addresses);
        let mut tally = Tally::default();
        for item in to_tally {
            item.map(|page| _ = tally.add(page));
        }
        tally
    })
}
// ANCHOR_END: tally_all

/// Queues all addresses. A row begins here: it is pale until a fetcher takes the address.
fn feed<'a>(addresses: &Sender<Item<&'a Url>>, urls: &'a [Url]) {
    for url in urls {
        // Fails only if all fetchers are gone, and then nothing is to be fetched.
        let _ = addresses.send(Item { row: info_span!("page", %url), value: url });
    }
}
