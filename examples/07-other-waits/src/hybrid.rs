//! Waiting on tasks, working on rayon, and bounded channels between.
//!
//! Four stages work at the same time: download (tasks on the caller's thread), parse and hash (threads of rayon) and store (one
//! thread, which has the database). Between two of them is a queue with a bound, so whoever is ahead waits for whoever is slow.

use std::collections::BTreeMap;
use std::future::Future;
use std::hint::black_box;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use asynchronous::hybrid::{Fetched, fetch_text};
use asynchronous::{Client, FetchError, Page, Url};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::{join, runtime, select};
use tracing::{Instrument as _, Span, info_span};

use crate::files;

/// How often each word occurs.
pub type Words = BTreeMap<String, u32>;

/// What the second stage makes of a page.
#[derive(Debug)]
pub struct Parsed {
    /// What the first stage made of it.
    pub fetched: Fetched,
    /// The words of its text.
    pub words: Words,
}

/// What the third stage makes of a page, and the fourth stores.
#[derive(Debug)]
pub struct Hashed {
    /// What chapter 1 kept of it.
    pub page: Page,
    /// The words of its text.
    pub words: Words,
    /// A SHA-256, in hexadecimal digits.
    pub digest: String,
}

/// Why a page is not stored.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It did not arrive.
    #[error("{0}")]
    Download(#[from] FetchError),
    /// The code of a stage panicked.
    #[error("{0} panicked")]
    Panicked(&'static str),
    /// The database did not take it; nothing of it is in there.
    #[error("not stored: {0}")]
    NotStored(#[from] rusqlite::Error),
}

/// What is done with a page, stage by stage. A panic of a stage is that page's error.
pub trait Stages: Send + Sync + 'static {
    /// Waits for a page. It is polled by the thread that all downloads share.
    fn download(&self, url: &Url) -> impl Future<Output = Result<Fetched, FetchError>>;
    /// Works on a page, on a thread for work.
    fn parse(&self, fetched: Fetched) -> Parsed;
    /// Works on a page, on a thread for work.
    fn hash(&self, parsed: Parsed) -> Hashed;
    /// Stores a page, on the one thread that writes.
    ///
    /// # Errors
    ///
    /// When the database does not take it; then nothing of it is kept.
    fn store(&self, database: &mut Connection, page: &Hashed) -> rusqlite::Result<()>;
}

/// The stages of the page "Waiting and working"; each but the first can be made slow.
#[derive(Debug)]
pub struct Pages {
    /// What to fetch with.
    pub client: Client,
    /// How often a page is parsed, at least once.
    pub parse_times: usize,
    /// How often a page is hashed, at least once.
    pub hash_times: usize,
    /// How long the disk takes in addition.
    pub slow_disk: Duration,
}

impl Stages for Pages {
    async fn download(&self, url: &Url) -> Result<Fetched, FetchError> {
        fetch_text(&self.client, url).await
    }

    fn parse(&self, fetched: Fetched) -> Parsed {
        for _ in 1..self.parse_times {
            black_box(count_words(&fetched.text));
        }
        let words = count_words(&fetched.text);
        Parsed { fetched, words }
    }

    fn hash(&self, parsed: Parsed) -> Hashed {
        let Parsed { fetched: Fetched { page, text }, words } = parsed;
        Hashed { page, words, digest: digest(&text, self.hash_times) }
    }

    fn store(&self, database: &mut Connection, page: &Hashed) -> rusqlite::Result<()> {
        thread::sleep(self.slow_disk);
        store(database, page)
    }
}

/// How often each word occurs in the text.
pub fn count_words(text: &[u8]) -> Words {
    let mut words = Words::new();
    for word in String::from_utf8_lossy(text).split_whitespace() {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    words
}

/// A SHA-256 of the text in hexadecimal digits; more than once, each time of the last one and the text.
pub fn digest(text: &[u8], times: usize) -> String {
    let mut digest = Sha256::digest(text);
    for _ in 1..times {
        digest = Sha256::new().chain_update(digest).chain_update(text).finalize();
    }
    files::Digest(digest.into()).to_string()
}

/// Makes the tables that pages are stored in.
///
/// # Errors
///
/// When the database cannot be written.
pub fn create_tables(database: &Connection) -> rusqlite::Result<()> {
    database.execute_batch(
        "CREATE TABLE pages (url TEXT PRIMARY KEY, bytes INTEGER, digest TEXT) STRICT;
         CREATE TABLE words (url TEXT, word TEXT, times INTEGER) STRICT;",
    )
}

/// Stores a page with its words: all of it, or nothing.
///
/// # Errors
///
/// When the database does not take it, because the page is there already or the disk is full, say.
// ANCHOR: store
pub fn store(database: &mut Connection, page: &Hashed) -> rusqlite::Result<()> {
    let Hashed { page: Page { url, bytes, .. }, words, digest } = page;
    // Whatever ends this before the commit, a panic included, rolls it back.
    let transaction = database.transaction()?;
    // SQLite's integers have a sign.
    let values = (url.as_str(), bytes.cast_signed(), digest);
    transaction.execute("INSERT INTO pages VALUES (?1, ?2, ?3)", values)?;
    for (word, times) in words {
        let values = (url.as_str(), word, times);
        transaction.execute("INSERT INTO words VALUES (?1, ?2, ?3)", values)?;
    }
    transaction.commit()
}
// ANCHOR_END: store

/// How wide the stages are, and how much room is between them.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many downloads at once, at least one.
    pub downloads: usize,
    /// How many threads parse and hash, at least one; each of these two stages has at most so many pages in its hands.
    pub workers: usize,
    /// How many pages have room between two stages, at least one; `None` is room for all of them, which is no bound.
    pub capacity: Option<usize>,
}

impl Settings {
    /// The most pages that can be in memory at the same time, out of so many: in the hands of a stage, or in a queue.
    pub fn most_held(&self, pages: usize) -> usize {
        let in_hands = self.downloads.max(1) + 2 * self.workers.max(1) + 1;
        pages.min(in_hands + 3 * self.room(pages))
    }

    /// How many of so many pages have room between two stages.
    fn room(&self, pages: usize) -> usize {
        self.capacity.unwrap_or(pages).max(1)
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// One for each address, in their order; `None` for a page that was not stored when it was told to stop.
    pub results: Vec<Option<Result<Page, Failed>>>,
    /// The most pages that waited before the stages parse, hash and store.
    pub queued: [usize; 3],
    /// The most pages that were in memory, from the begin of their download until they were stored.
    pub held: usize,
}

/// Counts, and keeps the most.
#[derive(Debug, Default)]
struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    fn hold(&self) -> Held<'_> {
        let now = self.now.fetch_add(1, Relaxed) + 1;
        self.peak.fetch_max(now, Relaxed);
        Held(self)
    }

    fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }
}

/// Counted until it is dropped.
#[derive(Debug)]
struct Held<'a>(&'a Gauge);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
    }
}

/// What travels from stage to stage: a page, or why there is none.
struct Item<'a, T> {
    /// The place of its address.
    n: usize,
    url: Url,
    value: Result<T, Failed>,
    held: Held<'a>,
    /// Its row in the picture, from when a stage takes it until the next one does.
    row: Span,
}

impl<'a, T> Item<'a, T> {
    /// The next stage's item. An error is a value: it goes through as it is, in the row of the stage that failed.
    async fn then<U>(
        self,
        row: impl FnOnce(&Url) -> Span,
        work: impl AsyncFnOnce(T, &Span) -> Result<U, Failed>,
    ) -> Item<'a, U> {
        let Self { n, url, value, held, row: last } = self;
        let (value, row) = match value {
            Ok(value) => {
                drop(last);
                let row = row(&url);
                (work(value, &row).await, row)
            }
            Err(failed) => (Err(failed), last),
        };
        Item { n, url, value, held, row }
    }
}

/// The sending end of a queue, which keeps how long the queue has been.
struct Sender<'a, T> {
    sender: mpsc::Sender<T>,
    longest: &'a Gauge,
}

impl<T> Sender<'_, T> {
    /// Waits for room, and says whether there is anybody left to receive it.
    async fn send(&self, item: T) -> bool {
        let sent = self.sender.send(item).await.is_ok();
        let queued = self.sender.max_capacity() - self.sender.capacity();
        self.longest.peak.fetch_max(queued, Relaxed);
        sent
    }
}

fn queue<T>(capacity: usize, longest: &Gauge) -> (Sender<'_, T>, mpsc::Receiver<T>) {
    let (sender, receiver) = mpsc::channel(capacity);
    (Sender { sender, longest }, receiver)
}

/// One stage: takes from its queue and hands on what `work` makes of it, with at most
/// `at_once` items in its hands.
///
/// Ends when its queue is closed and empty, or when nobody receives what it makes.
// ANCHOR: stage
async fn stage<A, B>(
    input: mpsc::Receiver<A>,
    output: Sender<'_, B>,
    at_once: usize,
    work: impl AsyncFn(A) -> B,
) {
    let input = Mutex::new(input);
    // By itself: in the head of the loop, the guard would be held during the work.
    let next = async || input.lock().await.recv().await;
    let worker = async || {
        while let Some(item) = next().await {
            // No room is a wait of this worker, who takes nothing meanwhile.
            if !output.send(work(item).await).await {
                break;
            }
        }
    };
    join_all((0..at_once.max(1)).map(|_| worker())).await;
} // the only sender ends here, and with it the next stage's queue
// ANCHOR_END: stage

/// Has `work` done by a thread of the pool, in its row, and waits without holding one.
// ANCHOR: on_pool
async fn on_pool<T: Send + 'static>(
    pool: &ThreadPool,
    row: &Span,
    work: impl FnOnce() -> T + Send + 'static,
) -> thread::Result<T> {
    let (tell, told) = oneshot::channel();
    let row = row.clone();
    pool.spawn(move || {
        // If nobody waits any more, there is nothing to do.
        if !tell.is_closed() {
            let done = row.in_scope(|| catch_unwind(AssertUnwindSafe(work)));
            drop(row);
            let _ = tell.send(done);
        }
    });
    told.await.unwrap_or_else(|lost| Err(Box::new(lost)))
}
// ANCHOR_END: on_pool

/// How much of everything there was.
#[derive(Debug, Default)]
struct Gauges {
    queued: [Gauge; 3],
    held: Gauge,
}

/// The first three stages, until all pages are hashed and handed on.
async fn pipeline<'a, S: Stages>(
    stages: &Arc<S>,
    urls: &[Url],
    settings: &Settings,
    pool: &ThreadPool,
    hashed: Sender<'a, Item<'a, Hashed>>,
    gauges: &'a Gauges,
) {
    let download = async |(n, url): (usize, Url)| {
        let row = info_span!("download", %url);
        let held = gauges.held.hold();
        let downloading = AssertUnwindSafe(stages.download(&url)).catch_unwind();
        let value = match downloading.instrument(row.clone()).await {
            Ok(arrived) => arrived.map_err(Failed::from),
            Err(_) => Err(Failed::Panicked("download")),
        };
        Item { n, url, value, held, row }
    };
    // ANCHOR: on_the_pool
    let parse = async |item: Item<'a, Fetched>| {
        let row = |url: &Url| info_span!("parse", %url);
        item.then(row, async |page, row| {
            let stages = Arc::clone(stages);
            let parsed = on_pool(pool, row, move || stages.parse(page)).await;
            parsed.map_err(|_| Failed::Panicked("parse"))
        })
        .await
    };
    // ANCHOR_END: on_the_pool
    let hash = async |item: Item<'a, Parsed>| {
        let row = |url: &Url| info_span!("hash", %url);
        item.then(row, async |page, row| {
            let stages = Arc::clone(stages);
            let hashed = on_pool(pool, row, move || stages.hash(page)).await;
            hashed.map_err(|_| Failed::Panicked("hash"))
        })
        .await
    };
    let to_download = all_of(urls);
    // ANCHOR: pipeline
    let capacity = settings.room(urls.len());
    let (downloaded, to_parse) = queue(capacity, &gauges.queued[0]);
    let (parsed, to_hash) = queue(capacity, &gauges.queued[1]);
    join!(
        stage(to_download, downloaded, settings.downloads, download),
        stage(to_parse, parsed, settings.workers, parse),
        stage(to_hash, hashed, settings.workers, hash),
    );
    // ANCHOR_END: pipeline
}

/// A queue with all addresses, closed: they are small, and in memory anyway.
fn all_of(urls: &[Url]) -> mpsc::Receiver<(usize, Url)> {
    let (sender, receiver) = mpsc::channel(urls.len().max(1));
    for address in urls.iter().cloned().enumerate() {
        // There is room for all of them.
        let _ = sender.try_send(address);
    }
    receiver
}

/// The last stage: stores each page, until its queue is closed and empty.
///
/// One result for each page that came, with the place of its address.
// ANCHOR: write
fn write<S: Stages>(
    stages: &S,
    mut to_store: mpsc::Receiver<Item<'_, Hashed>>,
    database: &mut Connection,
) -> Vec<(usize, Result<Page, Failed>)> {
    let mut results = Vec::new();
    while let Some(Item { n, url, value, held, row: last }) = to_store.blocking_recv() {
        drop(last);
        let result = value.and_then(|page| {
            let row = info_span!("store", %url);
            let store = AssertUnwindSafe(|| stages.store(database, &page));
            let stored = row.in_scope(|| catch_unwind(store));
            stored.map_err(|_| Failed::Panicked("store"))??;
            Ok(page.page)
        });
        results.push((n, result));
        drop(held);
    }
    results
}
// ANCHOR_END: write

/// Downloads, parses, hashes and stores all pages, each stage at the same time as the others.
///
/// One result for each address, in the order of the addresses. When `stop` is ready first, nothing more is begun, downloads are
/// dropped, and what is hashed already is stored. However it ends, all its threads have ended when it returns.
///
/// # Errors
///
/// When a thread or a runtime cannot be had.
///
/// # Panics
///
/// Within a runtime of tokio: it blocks.
// ANCHOR: process_all
pub fn process_all<S: Stages>(
    stages: &Arc<S>,
    urls: &[Url],
    settings: &Settings,
    database: &mut Connection,
    stop: impl Future<Output = ()>,
) -> io::Result<Outcome> {
    let gauges = Gauges::default();
    let (hashed, to_store) = queue(settings.room(urls.len()), &gauges.queued[2]);
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let stored = thread::scope(|scope| {
        let writer = thread::Builder::new()
            .spawn_scoped(scope, || write(&**stages, to_store, database))?;
        let all = |pool: &ThreadPool| {
            let pipeline = pipeline(stages, urls, settings, pool, hashed, &gauges);
            runtime.block_on(async {
                select! { biased; () = stop => {}, () = pipeline => {} }
            });
        };
        let pool = ThreadPoolBuilder::new().num_threads(settings.workers.max(1));
        pool.build_scoped(ThreadBuilder::run, all).map_err(io::Error::other)?;
        Ok::<_, io::Error>(writer.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    Ok(in_order(urls.len(), stored, &gauges))
}
// ANCHOR_END: process_all

fn in_order(
    pages: usize,
    stored: Vec<(usize, Result<Page, Failed>)>,
    gauges: &Gauges,
) -> Outcome {
    let mut results: Vec<_> = (0..pages).map(|_| None).collect();
    for (n, result) in stored {
        results[n] = Some(result);
    }
    let queued = gauges.queued.each_ref().map(Gauge::peak);
    Outcome { results, queued, held: gauges.held.peak() }
}
