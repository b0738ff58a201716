//! A thread a site, a thread a chunk.

use std::env;
use std::hint::black_box;
use std::io::{self, Read as _, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::patience::PATIENCE;
use lab::slow_web::SlowWeb;
use reqwest::redirect::Policy;
use threads_and_locks::{
    Client, FetchError, FetchErrorKind, Page, Url, client, crunch_all, fetch_all, lazily,
    map_on_threads, or_lost, panic_message, spawned,
};

type FetchAll = fn(&Client, &[Url]) -> Vec<Result<Page, FetchError>>;

/// The ways to give each site a thread that overlap the waits.
const CONCURRENT: [(&str, FetchAll); 2] =
    [("scope", fetch_all), ("spawn", spawned::fetch_all)];

/// The ways that do not.
const ONE_AFTER_ANOTHER: [(&str, FetchAll); 2] =
    [("no threads", sequential_fetch::fetch_all), ("without collect", lazily::fetch_all)];

#[test]
fn all_sites_are_in_flight_at_once_and_results_keep_the_order_of_the_sites() {
    for (name, fetch_all) in CONCURRENT {
        // The barrier answers nobody before all five have asked.
        let web = SlowWeb::builder()
            .sites([0, 4, 0, 2, 1].map(Duration::from_millis))
            .barrier(5, PATIENCE)
            .start()
            .unwrap();
        let results = fetch_all(&client(PATIENCE).unwrap(), &web.urls());
        let asked: Vec<_> =
            results.into_iter().map(|result| result.unwrap().url).collect();
        assert_eq!(asked, web.urls(), "{name}");
        assert_eq!(web.peak_in_flight(), 5, "{name}");
    }
}

#[test]
fn a_barrier_of_two_is_refused_to_whoever_joins_each_thread_before_the_next() {
    for (name, fetch_all) in ONE_AFTER_ANOTHER {
        let web = SlowWeb::builder()
            .sites([Duration::ZERO; 3])
            .barrier(2, Duration::from_millis(50))
            .start()
            .unwrap();
        for result in fetch_all(&client(PATIENCE).unwrap(), &web.urls()) {
            let refused = result.expect_err(name);
            assert_eq!(refused.kind, FetchErrorKind::Status(503), "{name}");
        }
        assert_eq!(web.peak_in_flight(), 1, "{name}");
    }
}

#[test]
fn one_failing_site_loses_nothing_else() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [
        web.url("/site-1"),
        web.url("/status/404"),
        web.refused_url(),
        web.url("/cut"),
        web.url("/site-2"),
    ];
    for (name, fetch_all) in CONCURRENT.into_iter().chain(ONE_AFTER_ANOTHER) {
        let results = fetch_all(&client(PATIENCE).unwrap(), &urls);
        let told: Vec<_> = results
            .iter()
            .map(|result| match result {
                Ok(page) => (&page.url, page.to_string()),
                Err(error) => (&error.url, error.to_string()),
            })
            .collect();
        assert!(urls.iter().eq(told.iter().map(|(url, _)| *url)), "{name}: {told:?}");
        let words = told.iter().map(|(_, words)| words.split(": ").next().unwrap());
        assert_eq!(
            words.collect::<Vec<_>>(),
            ["200, 1024 bytes", "status 404", "refused", "body", "200, 1024 bytes"],
            "{name}"
        );
    }
}

#[test]
fn a_clone_of_a_client_uses_the_same_connections() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 3]).start().unwrap();
    let client = client(PATIENCE).unwrap();
    for url in web.urls() {
        // One after another: a connection that is kept is free for the next.
        assert!(spawned::fetch_all(&client, &[url])[0].is_ok());
    }
    assert_eq!(web.connections(), 1);
}

/// A client whose own rule about redirects has a bug: asked about any, it panics, and the fetch with it.
pub(crate) fn client_that_panics_at_a_redirect() -> Client {
    let _ = client(PATIENCE).unwrap(); // which knows the ciphers from here on
    let policy = Policy::custom(|_| panic!("no rule for redirects"));
    Client::builder().no_proxy().redirect(policy).build().unwrap()
}

#[test]
fn a_fetch_that_panics_is_lost_and_nothing_else_is() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [web.url("/site-1"), web.url("/redirect"), web.url("/site-2")];
    for (name, fetch_all) in
        CONCURRENT.into_iter().chain(ONE_AFTER_ANOTHER.into_iter().skip(1))
    {
        let results = fetch_all(&client_that_panics_at_a_redirect(), &urls);
        assert_eq!(results.len(), 3, "{name}");
        assert!(results[0].is_ok() && results[2].is_ok(), "{name}: {results:?}");
        let lost = results[1].as_ref().expect_err(name);
        assert!(matches!(lost.kind, FetchErrorKind::Lost(_)), "{name}: {lost:?}");
        assert_eq!(lost.url, urls[1], "{name}");
    }
}

#[test]
fn without_a_thread_of_its_own_a_fetch_that_panics_takes_all_with_it() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [web.url("/site-1"), web.url("/redirect"), web.url("/site-2")];
    let client = client_that_panics_at_a_redirect();
    let all = panic::catch_unwind(AssertUnwindSafe(|| {
        sequential_fetch::fetch_all(&client, &urls)
    }));
    assert!(all.is_err());
    assert_eq!(web.requests(), 2, "nobody has asked for the third");
}

#[test]
fn what_a_thread_was_joined_with_is_its_result_or_the_message_of_its_panic() {
    let url: Url = "http://127.0.0.1/page".parse().unwrap();
    let page = Page {
        url: url.clone(),
        status: 200,
        bytes: 3,
        elapsed: Duration::from_millis(5),
    };
    let result = {
        let page = page.clone();
        thread::spawn(move || Ok(page)).join()
    };
    assert_eq!(or_lost(result, &url, Instant::now()).unwrap(), page);

    let panicked =
        thread::spawn(|| -> Result<Page, FetchError> { panic!("page {}", 7) }).join();
    let lost = or_lost(panicked, &url, Instant::now()).expect_err("a panic");
    assert_eq!(lost.kind, FetchErrorKind::Lost("page 7".to_owned()));
    assert_eq!((lost.url, lost.kind.to_string().as_str()), (url, "lost: page 7"));
}

#[test]
fn a_panic_has_its_message_or_says_that_it_has_none() {
    let message = |job: fn()| panic_message(&*thread::spawn(job).join().unwrap_err());
    assert_eq!(message(|| panic!("as it is")), "as it is");
    // A literal would be part of the message already when this is compiled.
    assert_eq!(message(|| panic!("put together: {}", black_box(1))), "put together: 1");
    assert_eq!(message(|| panic::panic_any(7)), "a panic without a message");
}

#[test]
fn each_item_has_a_thread_of_its_own_and_all_are_there_at_once() {
    // Nobody passes before four have come.
    let (come, all_here) = (Mutex::new(0), Condvar::new());
    let here = |_: &u8| {
        let mut come = come.lock().unwrap();
        *come += 1;
        all_here.notify_all();
        let waited = all_here.wait_timeout_while(come, PATIENCE, |come| *come < 4);
        assert!(!waited.unwrap().1.timed_out(), "the others have not come");
        thread::current().id()
    };
    let mut threads: Vec<_> =
        map_on_threads(&[1, 2, 3, 4], here).into_iter().map(Result::unwrap).collect();
    threads.push(thread::current().id());
    for (i, thread) in threads.iter().enumerate() {
        assert!(!threads[..i].contains(thread), "{threads:?}");
    }
}

#[test]
fn a_job_that_panics_loses_its_own_outcome_and_no_other() {
    let outcomes = map_on_threads(&[3, 0, 4, 6], |n| 12 / n);
    let message = "attempt to divide by zero".to_owned();
    assert_eq!(outcomes, [Ok(4), Err(message), Ok(3), Ok(2)]);
}

#[test]
fn a_panic_that_nobody_joins_goes_on_in_the_scope_once_all_its_threads_are_done() {
    let done = AtomicBool::new(false);
    let the_other_is_done = &done;
    let (tell, told) = mpsc::channel::<()>();
    let scope = panic::catch_unwind(AssertUnwindSafe(|| {
        thread::scope(|scope| {
            scope.spawn(move || {
                let _dropped_by_the_panic = tell;
                panic!("unheard");
            });
            scope.spawn(move || {
                // Until the first has panicked.
                let _ = told.recv();
                the_other_is_done.store(true, SeqCst);
            });
        });
    }));
    assert_eq!(panic_message(&*scope.unwrap_err()), "a scoped thread panicked");
    assert!(done.load(SeqCst));
}

#[test]
fn a_dropped_handle_does_not_stop_its_thread() {
    // The barrier opens for six: five whose handles are gone, and one more.
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 6])
        .barrier(6, PATIENCE)
        .start()
        .unwrap();
    let client = client(PATIENCE).unwrap();
    let (urls, last) = (&web.urls()[..5], &web.urls()[5..]);
    drop(spawned::start_all(&client, urls));
    assert!(fetch_all(&client, last)[0].is_ok());
    assert_eq!(web.peak_in_flight(), 6);
}

#[test]
fn to_start_all_is_to_wait_for_none() {
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 3])
        .barrier(3, PATIENCE)
        .start()
        .unwrap();
    let client = client(PATIENCE).unwrap();
    // Two of three: their answers come when the third has asked, and not before.
    let urls = web.urls();
    let handles = spawned::start_all(&client, &urls[..2]);
    assert!(handles.iter().all(|handle| !handle.is_finished()));
    assert!(fetch_all(&client, &urls[2..])[0].is_ok());
    for (handle, url) in handles.into_iter().zip(&urls) {
        assert_eq!(handle.join().unwrap().unwrap().url, *url);
    }
}

/// What tells the test below that it is the one in a process of its own.
const RETURN_FIRST: &str = "WHILE_YOU_WAIT_RETURN_FIRST";

#[test]
#[ignore = "run by the test below, in a process of its own"]
fn a_main_that_returns_first() {
    if env::var_os(RETURN_FIRST).is_none() {
        return;
    }
    let (tell, told) = mpsc::channel();
    drop(thread::spawn(move || {
        tell.send(()).unwrap();
        // Comes to an end when whoever started this process closes its standard input.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        let _ = io::stdout().write_all(b"the thread is done");
    }));
    told.recv().unwrap();
    let _ = io::stdout().write_all(b"main returns");
}

#[test]
fn when_main_returns_the_process_ends_with_all_its_threads() {
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--ignored", "threads::a_main_that_returns_first"])
        .env(RETURN_FIRST, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Open until the end of this test: its thread cannot finish before.
    let held_open = process.stdin.take().unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        tell.send(text)
    });
    let text = told.recv_timeout(PATIENCE);
    if text.is_err() {
        let _ = process.kill();
    }
    assert!(process.wait().unwrap().success(), "{text:?}");
    drop(held_open);
    let text = text.unwrap();
    assert!(
        text.contains("main returns") && !text.contains("the thread is done"),
        "{text}"
    );
}

#[test]
fn chunks_on_threads_count_what_they_count_one_after_another() {
    let chunks = [10..20, 0..10, 5..5, 20..100_000, 3..4];
    assert_eq!(crunch_all(&chunks), sequential_fetch::crunch_all(&chunks));
    assert_eq!(crunch_all(&[]), [0; 0]);
}
