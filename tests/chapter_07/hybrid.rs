//! Waiting and working: four stages at the same time, with a bound between each two.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::future::pending;
use std::io::{self, Write as _};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use asynchronous::hybrid::Fetched;
use asynchronous::{FetchError, FetchErrorKind, Page, Url, client};
use lab::slow_web::SlowWeb;
use other_waits::hybrid::{
    Failed, Hashed, Outcome, Pages, Parsed, Settings, Stages, count_words, create_tables,
    digest, process_all, store,
};
use rusqlite::Connection;
use tokio::sync::Notify;
use while_you_wait::programs::python;

use crate::patience::{PATIENCE, ends, ends_within};

const SETTINGS: Settings = Settings { downloads: 2, workers: 3, capacity: Some(1) };

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Download,
    Parse,
    Hash,
    Store,
}
use Stage::{Download, Hash, Parse, Store};

/// What a stage does with a page before it does its work.
type Hook = Box<dyn Fn(Stage, usize) + Send + Sync>;

/// Pages without a web: what a test wants to happen to one happens in `hook`.
struct Hooked {
    hook: Hook,
    /// Whether a page is here yet. Its download waits for that, and does not block.
    is_here: Box<dyn Fn(usize) -> bool + Send + Sync>,
    /// What is shared by all that the stages do. It is gone from the threads when they are done.
    token: Arc<()>,
}

impl Hooked {
    fn new(hook: impl Fn(Stage, usize) + Send + Sync + 'static) -> Self {
        Self { hook: Box::new(hook), is_here: Box::new(|_| true), token: Arc::new(()) }
    }

    fn when(self, is_here: impl Fn(usize) -> bool + Send + Sync + 'static) -> Self {
        Self { is_here: Box::new(is_here), ..self }
    }
}

fn number(url: &Url) -> usize {
    url.path()[1..].parse().unwrap()
}

fn addresses(n: usize) -> Vec<Url> {
    (1..=n).map(|n| Url::parse(&format!("http://example.org/{n}")).unwrap()).collect()
}

fn text(url: &Url) -> Vec<u8> {
    format!("the page {} and the words of the page", number(url)).into_bytes()
}

impl Stages for Hooked {
    async fn download(&self, url: &Url) -> Result<Fetched, FetchError> {
        (self.hook)(Download, number(url));
        while !(self.is_here)(number(url)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::task::yield_now().await;
        let text = text(url);
        let page = Page {
            url: url.clone(),
            status: 200,
            bytes: text.len() as u64,
            elapsed: Duration::ZERO,
        };
        Ok(Fetched { page, text })
    }

    fn parse(&self, fetched: Fetched) -> Parsed {
        let _token = Arc::clone(&self.token);
        (self.hook)(Parse, number(&fetched.page.url));
        let words = count_words(&fetched.text);
        Parsed { fetched, words }
    }

    fn hash(&self, parsed: Parsed) -> Hashed {
        let _token = Arc::clone(&self.token);
        (self.hook)(Hash, number(&parsed.fetched.page.url));
        let Parsed { fetched: Fetched { page, text }, words } = parsed;
        Hashed { page, words, digest: digest(&text, 1) }
    }

    fn store(&self, database: &mut Connection, page: &Hashed) -> rusqlite::Result<()> {
        let _token = Arc::clone(&self.token);
        (self.hook)(Store, number(&page.page.url));
        store(database, page)
    }
}

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    create_tables(&database).unwrap();
    database
}

fn process(stages: Hooked, pages: usize, settings: Settings) -> (Outcome, Connection) {
    ends(move || {
        let mut database = database();
        let stages = Arc::new(stages);
        let urls = addresses(pages);
        let outcome = process_all(&stages, &urls, &settings, &mut database, pending());
        (outcome.unwrap(), database)
    })
}

/// The pages that are in the database. Each of them has all of its words, and no word is without its page.
fn stored(database: &Connection) -> BTreeSet<String> {
    let mut urls = database.prepare("SELECT url, digest FROM pages").unwrap();
    let urls = urls.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let pages: Vec<(String, String)> = urls.map(Result::unwrap).collect();
    let all: i64 =
        database.query_row("SELECT count(*) FROM words", (), |row| row.get(0)).unwrap();
    let mut of_pages = 0;
    for (url, _) in &pages {
        let words = "SELECT count(*), sum(times) FROM words WHERE url = ?1";
        let (words, times): (i64, Option<i64>) = database
            .query_row(words, [url], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert!(times.is_some_and(|times| times >= 8), "{url} has {words} words only");
        of_pages += words;
    }
    assert_eq!(of_pages, all, "words without their page");
    pages.into_iter().map(|(url, _)| url).collect()
}

fn names(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
    numbers.into_iter().map(|n| format!("http://example.org/{n}")).collect()
}

/// What became of each page, in the order of the addresses: nothing where all was well.
fn failures(outcome: &Outcome) -> Vec<(usize, String)> {
    let each = outcome.results.iter().enumerate();
    each.filter_map(|(n, result)| match result {
        Some(Ok(page)) => {
            assert_eq!(number(&page.url), n + 1, "a result stands in another's place");
            None
        }
        Some(Err(failed)) => Some((n + 1, failed.to_string())),
        None => Some((n + 1, "no result".to_owned())),
    })
    .collect()
}

/// Waits until something is so. What never comes fails the test.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never came: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A door that threads wait at, and a count of who is there.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn pass(&self) {
        let is_open = self.is_open.lock().unwrap();
        let (_open, waited) = self
            .opened
            .wait_timeout_while(is_open, PATIENCE, |is_open| !*is_open)
            .unwrap();
        assert!(!waited.timed_out(), "nobody opens the gate");
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

#[test]
fn each_address_has_its_result_and_each_page_is_stored_whole() {
    let (outcome, database) = process(Hooked::new(|_, _| {}), 20, SETTINGS);
    assert_eq!(outcome.results.len(), 20);
    assert_eq!(failures(&outcome), []);
    assert_eq!(stored(&database), names(1..=20));
}

#[test]
fn no_pages_are_no_work() {
    let (outcome, database) = process(Hooked::new(|_, _| {}), 0, SETTINGS);
    assert!(outcome.results.is_empty() && outcome.held == 0);
    assert_eq!(stored(&database), names([]));
}

#[test]
fn a_result_is_in_the_place_of_its_address_whoever_was_first() {
    // The first page is hashed when all others are stored.
    let stored = Arc::new(AtomicUsize::new(0));
    let hooked = Hooked::new(move |stage, page| match (stage, page) {
        (Hash, 1) => until("the others", || stored.load(SeqCst) == 9),
        (Store, 1) => {}
        (Store, _) => _ = stored.fetch_add(1, SeqCst),
        _ => {}
    });
    let (outcome, _) = process(hooked, 10, SETTINGS);
    assert_eq!(failures(&outcome), []);
}

#[test]
fn all_four_stages_are_at_work_at_the_same_time() {
    // Page 1 is stored while page 2 is hashed, page 3 parsed and page 4 on its way: nobody goes on before all are there.
    let there = Arc::new(Mutex::new(BTreeSet::new()));
    let all_there = |there: &Mutex<BTreeSet<Stage>>| there.lock().unwrap().len() == 4;
    let seen = Arc::clone(&there);
    let hooked = Hooked::new(move |stage, page| {
        if [(Store, 1), (Hash, 2), (Parse, 3), (Download, 4)].contains(&(stage, page)) {
            there.lock().unwrap().insert(stage);
            if stage != Download {
                until("the other stages", || all_there(&there));
            }
        }
    });
    let hooked = hooked.when(move |page| page != 4 || all_there(&seen));
    let (outcome, _) = process(hooked, 6, SETTINGS);
    assert_eq!(failures(&outcome), []);
}

/// A slow stage lets nobody through until everybody waits: how many pages are begun then, and how many should be.
fn begun_before_the_gate(
    slow: Stage,
    settings: Settings,
) -> (usize, RangeInclusive<usize>, Outcome) {
    const PAGES: usize = 60;
    let gate = Arc::new(Gate::default());
    let begun = Arc::new(AtomicUsize::new(0));
    let hooked = Hooked::new({
        let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
        move |stage, _| {
            if stage == Download {
                begun.fetch_add(1, SeqCst);
            }
            if stage == slow {
                gate.pass();
            }
        }
    });
    let Settings { downloads, workers, capacity } = settings;
    let room = capacity.unwrap_or(PAGES);
    let (least, most) = match slow {
        Download => unreachable!("nobody is before it"),
        Parse => (downloads + room + workers, downloads + room + workers),
        // Hashing holds all threads of the pool, perhaps before so many are parsed that the queue behind that is full.
        Hash => (downloads + room + 2 * workers, downloads + 2 * (room + workers)),
        Store => {
            let all = downloads + 2 * (room + workers) + room + 1;
            (all, all)
        }
    };
    let begun_before = least.min(PAGES)..=most.min(PAGES);
    let running = thread::spawn(move || process(hooked, PAGES, settings));
    until("all that have room", || begun.load(SeqCst) >= *begun_before.start());
    // Time for one too many to show; a right answer does not need it.
    thread::sleep(Duration::from_millis(100));
    let seen = begun.load(SeqCst);
    gate.open();
    let (outcome, database) = running.join().unwrap();
    assert_eq!(failures(&outcome), []);
    assert_eq!(stored(&database).len(), PAGES);
    (seen, begun_before, outcome)
}

#[test]
fn a_slow_stage_stops_those_before_it_and_each_queue_keeps_its_bound() {
    for slow in [Parse, Hash, Store] {
        for capacity in [1, 3] {
            let settings = Settings { capacity: Some(capacity), ..SETTINGS };
            let (begun, expected, outcome) = begun_before_the_gate(slow, settings);
            assert!(
                expected.contains(&begun),
                "{slow:?} is slow, room for {capacity}: {begun} begun, not {expected:?}"
            );
            let most = settings.most_held(60);
            assert!((begun..=most).contains(&outcome.held), "{slow:?}: {outcome:?}");
            // Queues before the slow stage were full, and none was ever fuller.
            let full = if slow == Store { 3 } else { 1 };
            assert_eq!(outcome.queued[..full], vec![capacity; full], "{slow:?}");
            assert!(outcome.queued.iter().all(|&queued| queued <= capacity), "{slow:?}");
        }
    }
}

#[test]
fn a_slow_download_fills_no_queue() {
    // One page arrives when the one before it is stored.
    let stored = Arc::new(AtomicUsize::new(0));
    let before = Arc::clone(&stored);
    let hooked = Hooked::new(move |stage, _| {
        if stage == Store {
            stored.fetch_add(1, SeqCst);
        }
    });
    let hooked = hooked.when(move |page| before.load(SeqCst) + 1 >= page);
    let settings = Settings { downloads: 1, capacity: Some(3), ..SETTINGS };
    let (outcome, _) = process(hooked, 10, settings);
    assert!(outcome.queued.iter().all(|&queued| queued <= 1), "{outcome:?}");
    // One is being stored, one comes behind it, one has begun.
    assert!(outcome.held <= 3, "{} held", outcome.held);
}

#[test]
fn without_a_bound_all_pages_pile_up_before_a_slow_stage() {
    for slow in [Parse, Hash, Store] {
        let settings = Settings { capacity: None, ..SETTINGS };
        let (begun, _, outcome) = begun_before_the_gate(slow, settings);
        assert_eq!(begun, 60, "{slow:?}");
        assert_eq!(outcome.held, 60, "{slow:?}");
    }
}

#[test]
fn a_panic_of_a_stage_is_the_error_of_its_page() {
    let hooked = Hooked::new(|stage, page| {
        assert!(
            ![(Download, 2), (Parse, 4), (Hash, 6), (Store, 8)].contains(&(stage, page)),
            "on purpose"
        );
    });
    let (outcome, database) = process(hooked, 9, SETTINGS);
    let panicked = |n, stage: &str| (n, format!("{stage} panicked"));
    let expected = [
        panicked(2, "download"),
        panicked(4, "parse"),
        panicked(6, "hash"),
        panicked(8, "store"),
    ];
    assert_eq!(failures(&outcome), expected);
    assert_eq!(stored(&database), names([1, 3, 5, 7, 9]));
}

#[test]
fn a_page_that_does_not_arrive_is_an_error_in_its_place() {
    let (outcome, database) = ends(|| {
        let web =
            SlowWeb::builder().sites([Duration::from_millis(1); 2]).start().unwrap();
        let paths = ["/site-1", "/status/404", "/cut", "/reset", "/site-2"];
        let mut urls: Vec<Url> = paths.iter().map(|path| web.url(path)).collect();
        urls.insert(1, web.refused_url());
        let stages = Pages {
            client: client(PATIENCE).unwrap(),
            parse_times: 1,
            hash_times: 1,
            slow_disk: Duration::ZERO,
        };
        let mut database = database();
        let stages = Arc::new(stages);
        let outcome = process_all(&stages, &urls, &SETTINGS, &mut database, pending());
        (outcome.unwrap(), database)
    });
    let kind = |result: &Option<Result<Page, Failed>>| match result.as_ref().unwrap() {
        Ok(page) => page.url.path().to_owned(),
        Err(Failed::Download(FetchError { kind, .. })) => match kind {
            FetchErrorKind::Status(status) => status.to_string(),
            FetchErrorKind::Refused => "refused".to_owned(),
            FetchErrorKind::Body(_) => "body".to_owned(),
            FetchErrorKind::Connection(_) => "connection".to_owned(),
            other => panic!("{other:?}"),
        },
        Err(failed) => panic!("{failed}"),
    };
    let kinds: Vec<_> = outcome.results.iter().map(kind).collect();
    assert_eq!(kinds[..4], ["/site-1", "refused", "404", "body"]);
    // Whether a reset is seen before or in the body is the system's affair.
    assert!(["body", "connection"].contains(&kinds[4].as_str()), "{kinds:?}");
    assert_eq!(kinds[5], "/site-2");
    assert_eq!(stored(&database).len(), 2);
}

#[test]
fn a_disk_that_is_full_is_the_error_of_who_finds_it_full_and_nothing_is_half_stored() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pages.db");
    let path = file.clone();
    let outcome = ends(move || {
        let mut database = Connection::open(path).unwrap();
        create_tables(&database).unwrap();
        // In pages of SQLite's own: what it answers is what it answers on a full disk.
        database.execute_batch("PRAGMA max_page_count = 6").unwrap();
        let stages = Arc::new(Hooked::new(|_, _| {}));
        let urls = addresses(80);
        process_all(&stages, &urls, &SETTINGS, &mut database, pending()).unwrap()
    });
    let failed = failures(&outcome);
    assert!((1..80).contains(&failed.len()), "{failed:?}");
    for (_, error) in &failed {
        assert_eq!(error, "not stored: database or disk is full");
    }
    let failed: BTreeSet<usize> = failed.into_iter().map(|(n, _)| n).collect();
    let well = (1..=80).filter(|n| !failed.contains(n));
    assert_eq!(stored(&Connection::open(&file).unwrap()), names(well));
    assert_eq!(files(folder.path()), ["pages.db"]);
}

fn files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_fails_between_page_and_words_leaves_neither() {
    let mut database = database();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON words WHEN NEW.word = '3'
        BEGIN SELECT RAISE(ABORT, 'no room for this word'); END";
    database.execute_batch(refuse).unwrap();
    let urls = addresses(5);
    let stages = Arc::new(Hooked::new(|_, _| {}));
    let outcome =
        process_all(&stages, &urls, &SETTINGS, &mut database, pending()).unwrap();
    assert_eq!(failures(&outcome), [(3, "not stored: no room for this word".to_owned())]);
    assert_eq!(stored(&database), names([1, 2, 4, 5]));
}

thread_local! {
    static ALIVE: OnceCell<Alive> = const { OnceCell::new() };
}

/// Counted as long as its thread lives.
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn count_this_thread(alive: &Arc<AtomicUsize>) {
    ALIVE.with(|this| {
        this.get_or_init(|| {
            alive.fetch_add(1, SeqCst);
            Alive(Arc::clone(alive))
        });
    });
}

#[test]
fn told_to_stop_it_keeps_what_is_stored_and_leaves_no_thread_and_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pages.db");
    let path = file.clone();
    let alive = Arc::new(AtomicUsize::new(0));
    let threads = Arc::clone(&alive);
    // A page that never arrives, and told to stop when the fifth is being stored.
    let stop = Arc::new(Notify::new());
    let tell = Arc::clone(&stop);
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let stores = AtomicUsize::new(0);
    let (hashing, told) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (inside, is_told) = (Arc::clone(&hashing), Arc::clone(&told));
    let at_six = Arc::clone(&hashing);
    let hooked = Hooked::new(move |stage, page| {
        if stage != Download {
            count_this_thread(&threads);
            seen.fetch_max(threads.load(SeqCst), SeqCst);
        }
        if (stage, page) == (Hash, 6) {
            // At work when it is told to stop, and for a while after that.
            hashing.fetch_add(1, SeqCst);
            until("the word to stop", || told.load(SeqCst));
            thread::sleep(Duration::from_millis(50));
            hashing.fetch_sub(1, SeqCst);
        }
        if stage == Store && stores.fetch_add(1, SeqCst) == 4 {
            until("page 6 to be hashed", || hashing.load(SeqCst) == 1);
            tell.notify_one();
        }
    });
    // Those behind it do not overtake page 6, or they could hold all workers while the fifth waits for it.
    let hooked =
        hooked.when(move |page| page < 7 || page > 7 && at_six.load(SeqCst) == 1);
    let token = Arc::clone(&hooked.token);
    let outcome = ends(move || {
        let mut database = Connection::open(path).unwrap();
        create_tables(&database).unwrap();
        let stop = async move {
            stop.notified().await;
            is_told.store(true, SeqCst);
        };
        let stages = Arc::new(hooked);
        let urls = addresses(1000);
        let outcome = process_all(&stages, &urls, &SETTINGS, &mut database, stop);
        assert_eq!(inside.load(SeqCst), 0, "it returned, and a page is still hashed");
        outcome.unwrap()
    });
    assert!(most.load(SeqCst) >= 2, "a worker and the writer have been counted");
    until("the end of all threads", || alive.load(SeqCst) == 0);
    assert_eq!(Arc::strong_count(&token), 1, "work goes on, and nobody waits for it");

    let kept: BTreeSet<usize> = (1..)
        .zip(&outcome.results)
        .filter(|(_, result)| matches!(result, Some(Ok(_))))
        .map(|(n, _)| n)
        .collect();
    assert!(kept.len() >= 5 && kept.len() < 1000, "{} are stored", kept.len());
    assert!(outcome.results[5].is_none(), "page 6 was dropped while it was hashed");
    assert!(outcome.results[6].is_none(), "page 7 never arrives");
    assert_eq!(stored(&Connection::open(&file).unwrap()), names(kept));
    assert_eq!(files(folder.path()), ["pages.db"]);
}

#[test]
fn told_to_stop_before_the_begin_it_does_nothing() {
    let outcome = ends(|| {
        let stages = Arc::new(Hooked::new(|_, _| {}));
        let mut database = database();
        let never = Settings { downloads: 1, ..SETTINGS };
        process_all(&stages, &addresses(3), &never, &mut database, async {}).unwrap()
    });
    assert!(outcome.results.iter().all(Option::is_none), "{outcome:?}");
}

#[test]
fn the_digest_is_that_of_its_twin() {
    // python3 -c 'import hashlib as h; d = h.sha256(b"abc").digest(); print(d.hex()); print(h.sha256(d + b"abc").hexdigest())'
    let once = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest(b"abc", 1), once);
    assert_eq!(digest(b"abc", 2), TWICE);
}

const TWICE: &str = "3043d048d0d28ecf94e6eb021f76e69b76a1ead7d7a0d1392696bb2c09c261f1";

/// What the twin makes of pages: what it says of its interpreter, then the longest that a queue has been, then for each page its
/// digest or its error.
const TWIN: &str = "import sys, hybrid
hybrid.HASH_TIMES = 3
database = hybrid.new_database()
pages, queued = hybrid.process_all(sys.argv[1:], 1, database)
print(hybrid.gil())
print(max(queued))
for page in pages:
    print(f'{page.error}' if page.error else page.digest)
print(hybrid.stored(database))";

/// Held against the Rust: the same digests, errors in their places, a bound that holds. Returns what it says of its interpreter.
fn run_twin(python: &OsStr) -> String {
    let web = SlowWeb::builder().sites([Duration::from_millis(1); 8]).start().unwrap();
    let mut urls = web.urls();
    urls.insert(3, web.url("/status/404"));
    let output = Command::new(python)
        .args(["-c", TWIN])
        .args(urls.iter().map(Url::as_str))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env(
            "PYTHONPATH",
            concat!(env!("CARGO_MANIFEST_DIR"), "/examples/07-other-waits/python"),
        )
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    let [gil, queued, pages @ .., stored] = &lines[..] else {
        panic!("{told}{}", String::from_utf8_lossy(&output.stderr))
    };
    assert_eq!((*queued, *stored), ("1", "8"), "{told}");
    let text = |url: &Url| reqwest::blocking::get(url.clone()).unwrap().bytes().unwrap();
    for (url, told) in urls.iter().zip(pages) {
        if url.path() == "/status/404" {
            assert!(told.contains("404"), "{told}");
        } else {
            assert_eq!(*told, digest(&text(url), 3), "{url}");
        }
    }
    assert_eq!(pages.len(), urls.len());
    (*gil).to_owned()
}

/// A line past the test runner, which keeps what a passing test prints to itself.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[test]
fn the_twin_does_the_same() {
    let Some(python) = python(Path::new(env!("CARGO_MANIFEST_DIR"))) else {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "CI must not skip it");
        return tell("skipped: the twin of 07-hybrid, for want of a Python 3");
    };
    let gil = ends_within(2 * PATIENCE, move || run_twin(&python));
    assert!(gil.contains(" build, GIL "), "{gil}");
}

/// In CI, too, this is skipped where there is none: it cannot be installed everywhere.
#[test]
fn the_twin_does_the_same_without_a_gil() {
    let named = env::var_os("WHILE_YOU_WAIT_FREE_THREADED");
    let candidates = [named, Some("python3.14t".into()), Some("python3.13t".into())];
    let runs = |python: &OsString| {
        let version = Command::new(python).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let Some(python) = candidates.into_iter().flatten().find(runs) else {
        return tell(
            "skipped: the twin of 07-hybrid without a GIL, for want of a python3.14t or python3.13t",
        );
    };
    let gil = ends_within(2 * PATIENCE, move || run_twin(&python));
    assert_eq!(gil, "free-threaded build, GIL off");
}
