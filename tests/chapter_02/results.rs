//! Where threads put their results: a slot each, or one list behind a lock.

use std::collections::HashMap;
use std::fmt::Debug;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::patience::PATIENCE;
use crate::threads::client_that_panics_at_a_redirect;
use lab::slow_web::SlowWeb;
use lab::timeline::LOCK;
use threads_and_locks::locked::{lock, lock_after_fetch, lock_during_fetch};
use threads_and_locks::{Client, FetchError, FetchErrorKind, Page, Url, client, slots};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

type FetchAll = fn(&Client, &[Url]) -> Vec<Result<Page, FetchError>>;

const ALL: [(&str, FetchAll); 3] = [
    ("slots", slots::fetch_all),
    ("lock_after_fetch", lock_after_fetch),
    ("lock_during_fetch", lock_during_fetch),
];

/// The address of a result, whatever became of it, and what became of it.
fn told(result: &Result<Page, FetchError>) -> (Url, String) {
    match result {
        Ok(page) => (page.url.clone(), page.to_string()),
        Err(error) => (error.url.clone(), error.kind.to_string()),
    }
}

#[test]
fn a_barrier_of_all_sites_is_passed_where_no_lock_is_held_during_a_fetch() {
    for (name, fetch_all) in &ALL[..2] {
        let web = SlowWeb::builder()
            .sites([0, 4, 0, 2, 1].map(Duration::from_millis))
            .barrier(5, PATIENCE)
            .start()
            .unwrap();
        let results = fetch_all(&client(PATIENCE).unwrap(), &web.urls());
        assert!(results.iter().all(Result::is_ok), "{name}: {results:?}");
        assert_eq!((results.len(), web.peak_in_flight()), (5, 5), "{name}");
    }
}

#[test]
fn a_barrier_of_two_is_refused_where_the_lock_is_held_during_the_fetch() {
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 3])
        .barrier(2, Duration::from_millis(50))
        .start()
        .unwrap();
    for result in lock_during_fetch(&client(PATIENCE).unwrap(), &web.urls()) {
        assert_eq!(result.expect_err("refused").kind, FetchErrorKind::Status(503));
    }
    assert_eq!((web.requests(), web.peak_in_flight()), (3, 1));
}

#[test]
fn whatever_the_order_no_result_is_lost_and_a_failure_is_one_of_them() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [
        web.url("/site-1"),
        web.url("/status/404"),
        web.refused_url(),
        web.url("/empty"),
        web.url("/site-2"),
    ];
    let words =
        ["200, 1024 bytes", "status 404", "refused", "200, 0 bytes", "200, 1024 bytes"];
    let wanted: Vec<(Url, String)> =
        urls.iter().cloned().zip(words.map(str::to_owned)).collect();
    for (name, fetch_all) in ALL {
        let results = fetch_all(&client(PATIENCE).unwrap(), &urls);
        let mut told: Vec<_> = results.iter().map(told).collect();
        if name != "slots" {
            // A list behind a lock promises no order.
            told.sort_by_key(|(url, _)| urls.iter().position(|known| known == url));
        }
        assert_eq!(told, wanted, "{name}");
    }
}

#[test]
fn a_thread_that_panics_leaves_its_slot_empty_and_the_others_filled() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [web.url("/site-1"), web.url("/redirect"), web.url("/site-2")];
    let results = slots::fetch_all(&client_that_panics_at_a_redirect(), &urls);
    let told: Vec<_> = results.iter().map(told).collect();
    let words =
        ["200, 1024 bytes", "lost: event loop thread panicked", "200, 1024 bytes"];
    let wanted: Vec<_> = urls.into_iter().zip(words.map(str::to_owned)).collect();
    assert_eq!(told, wanted);
}

#[test]
fn behind_a_lock_a_panic_goes_on_in_the_caller_when_all_others_are_done() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [web.url("/redirect"), web.url("/site-1"), web.url("/site-2")];
    for (name, fetch_all) in &ALL[1..] {
        let before = web.requests();
        let client = client_that_panics_at_a_redirect();
        let all = catch_unwind(AssertUnwindSafe(|| fetch_all(&client, &urls)));
        assert!(all.is_err(), "{name}");
        assert_eq!(
            web.requests() - before,
            3,
            "{name}: poisoned, and taken all the same"
        );
    }
}

#[test]
fn a_poisoned_lock_gives_its_data_as_it_is() {
    let list = Mutex::new(vec![1]);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        lock(&list).push(2);
        let _guard = lock(&list);
        panic!("with the lock held");
    }));
    assert!(panicked.is_err() && list.is_poisoned());
    lock(&list).push(3);
    assert_eq!(*lock(&list), [1, 2, 3]);
}

/// What the threads did, in the order in which it happened, by the path of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    BeginFetch,
    EndFetch,
    /// It may have to wait from here on.
    AskForLock,
    GotLock,
    /// The whole row: fetch, lock and result.
    EndRow,
}

#[derive(Default)]
struct Log {
    done: Mutex<HashMap<String, Vec<(String, Did)>>>,
    more: Condvar,
}

/// A `tracing` layer that keeps such a log for each server.
#[derive(Clone)]
struct Watch(Arc<Log>);

/// The threads under test take the subscriber of the process: there can be one.
static LOG: LazyLock<Arc<Log>> = LazyLock::new(|| {
    let log = Arc::new(Log::default());
    tracing_subscriber::registry().with(Watch(Arc::clone(&log))).init();
    log
});

impl Log {
    fn add(&self, url: &Url, did: Did) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let of_server = done.entry(url.authority().to_owned()).or_default();
        of_server.push((url.path().to_owned(), did));
        self.more.notify_all();
    }

    /// Waits until what one server's threads did is enough, and returns it.
    fn wait_until(
        &self,
        server: &str,
        enough: impl Fn(&[(String, Did)]) -> bool,
    ) -> Vec<(String, Did)> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, timeout) = self
            .more
            .wait_timeout_while(done, PATIENCE, |done| {
                !enough(done.get(server).map_or(&[], Vec::as_slice))
            })
            .unwrap_or_else(PoisonError::into_inner);
        let of_server = done.get(server).cloned().unwrap_or_default();
        assert!(!timeout.timed_out(), "it did not come to that: {of_server:?}");
        of_server
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Watch {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        struct Address(Option<Url>);
        impl Visit for Address {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                if field.name() == "url" {
                    self.0 = format!("{value:?}").parse().ok();
                }
            }
        }
        let mut address = Address(None);
        attributes.record(&mut address);
        let Some(span) = context.span(id) else { return };
        let around = span.parent().and_then(|row| row.extensions().get::<Url>().cloned());
        // A lock has no address: it belongs to the row around it.
        let Some(url) = address.0.or(around) else { return };
        match span.name() {
            "fetch" => self.0.add(&url, Did::BeginFetch),
            LOCK => self.0.add(&url, Did::AskForLock),
            _ => {}
        }
        span.extensions_mut().insert(url);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(url) = span.extensions().get::<Url>().cloned() else { return };
        match span.name() {
            "fetch" => self.0.add(&url, Did::EndFetch),
            LOCK => self.0.add(&url, Did::GotLock),
            _ => self.0.add(&url, Did::EndRow),
        }
    }
}

/// Serves `paths`, each once and each when `gate` lets it; returns their addresses.
fn serve(
    paths: &[&str],
    gate: impl Fn(&str, &str) + Send + Sync + Clone + 'static,
) -> Vec<Url> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let urls = paths.iter().map(|path| format!("http://{server}{path}").parse().unwrap());
    let urls: Vec<Url> = urls.collect();
    let requests = paths.len();
    thread::spawn(move || {
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().unwrap();
            let (gate, server) = (gate.clone(), server.clone());
            thread::spawn(move || {
                let mut request = [0; 4096];
                // One read holds the whole of such a small request.
                let n = stream.read(&mut request).unwrap();
                let request = String::from_utf8_lossy(&request[..n]).into_owned();
                gate(&server, request.split(' ').nth(1).unwrap());
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close";
                let _ = stream.write_all(format!("{head}\r\n\r\nok").as_bytes());
            });
        }
    });
    urls
}

#[test]
fn results_behind_a_lock_are_in_completion_order() {
    let log = LazyLock::force(&LOG);
    let paths = ["/third", "/first", "/second"];
    // Each is answered when the one before it has put its result into the list.
    let urls = serve(&paths, |server, path| {
        let before = match path {
            "/second" => "/first",
            "/third" => "/second",
            _ => return,
        };
        LOG.wait_until(server, |done| done.contains(&(before.to_owned(), Did::EndRow)));
    });
    let results = lock_after_fetch(&client(PATIENCE).unwrap(), &urls);
    let order: Vec<_> = results.iter().map(|result| told(result).0).collect();
    assert_eq!(order, [&urls[1], &urls[2], &urls[0]].map(Url::clone));
    log.wait_until(urls[0].authority(), |done| done.len() == 15);
}

#[test]
fn slots_keep_the_order_of_the_sites_whatever_is_complete_first() {
    LazyLock::force(&LOG);
    let paths = ["/third", "/first", "/second"];
    let urls = serve(&paths, |server, path| {
        let before = match path {
            "/second" => "/first",
            "/third" => "/second",
            _ => return,
        };
        LOG.wait_until(server, |done| done.contains(&(before.to_owned(), Did::EndFetch)));
    });
    let results = slots::fetch_all(&client(PATIENCE).unwrap(), &urls);
    let order: Vec<_> = results.iter().map(|result| told(result).0).collect();
    assert_eq!(order, urls);
}

/// How many threads have asked for the lock.
fn asked(done: &[(String, Did)]) -> usize {
    done.iter().filter(|(_, did)| *did == Did::AskForLock).count()
}

#[test]
fn held_during_the_fetch_the_lock_is_waited_for_by_all_the_others() {
    LazyLock::force(&LOG);
    let paths = ["/a", "/b", "/c", "/d"];
    // Nobody is answered before all have asked for the lock: one has it, and three wait, for certain.
    let urls = serve(&paths, |server, _| {
        LOG.wait_until(server, |done| asked(done) == 4);
    });
    let results = lock_during_fetch(&client(PATIENCE).unwrap(), &urls);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let done = LOG.wait_until(urls[0].authority(), |done| done.len() == 20);
    let first_end = done.iter().position(|(_, did)| *did == Did::EndFetch).unwrap();
    let until_then = &done[..first_end];
    assert_eq!(asked(until_then), 4, "{done:?}");
    let got = until_then.iter().filter(|(_, did)| *did == Did::GotLock).count();
    assert_eq!(got, 1, "one has it, the others wait: {done:?}");
    // From then on, too: a fetch begins when the one before it has ended.
    let fetches: Vec<Did> = done
        .iter()
        .map(|(_, did)| *did)
        .filter(|did| matches!(did, Did::BeginFetch | Did::EndFetch))
        .collect();
    assert_eq!(fetches, [Did::BeginFetch, Did::EndFetch].repeat(4), "{done:?}");
}

#[test]
fn taken_after_the_fetch_the_lock_is_asked_for_by_nobody_who_waits_for_a_site() {
    LazyLock::force(&LOG);
    let paths = ["/a", "/b", "/c", "/d"];
    let all_are_here = Arc::new(Barrier::new(4));
    let urls = serve(&paths, move |server, _| {
        all_are_here.wait();
        // None has been answered, so none may have asked.
        let done = LOG.wait_until(server, |done| done.len() >= 4);
        let begun = done.iter().filter(|(_, did)| *did == Did::BeginFetch).count();
        assert_eq!(begun, 4, "{done:?}");
        all_are_here.wait();
    });
    let results = lock_after_fetch(&client(PATIENCE).unwrap(), &urls);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let done = LOG.wait_until(urls[0].authority(), |done| done.len() == 20);
    assert!(done[..4].iter().all(|(_, did)| *did == Did::BeginFetch), "{done:?}");
    for path in paths {
        let mine: Vec<Did> =
            done.iter().filter(|(of, _)| of == path).map(|(_, did)| *did).collect();
        let wanted =
            [Did::BeginFetch, Did::EndFetch, Did::AskForLock, Did::GotLock, Did::EndRow];
        assert_eq!(mine, wanted, "{path}");
    }
}
