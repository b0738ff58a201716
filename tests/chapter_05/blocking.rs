//! What holds the loop, what does not, and what a runtime refuses.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use asynchronous::blocking::{self, ask, own_thread, panic_of};
use asynchronous::heartbeat::{INTERVAL, Pulse, Section, beat, beside};
use asynchronous::hybrid::{digest, fetch_and_digest_all, on_rayon};
use asynchronous::{FetchErrorKind, client, crunch_all, fetch};
use lab::slow_web::SlowWeb;
use lab::timeline::Timeline;
use tokio::net::lookup_host;
use tokio::runtime::{self, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::{block_in_place, spawn_blocking, yield_now};
use tokio::time::timeout;
use tracing_subscriber::prelude::*;

use crate::patience::{PATIENCE, ends};

/// Longer than several beats take, and short enough to be waited for in a test.
const A_WHILE: Duration = Duration::from_millis(200);

fn one_thread() -> Runtime {
    runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn some_threads() -> Runtime {
    runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Whether three beats more come while this thread is held; gives up after a while if they do not.
fn sees_beats(told: &watch::Receiver<Pulse>) -> bool {
    let before = told.borrow().beats;
    let began = std::time::Instant::now();
    while told.borrow().beats < before + 3 {
        if began.elapsed() > A_WHILE {
            return false;
        }
        thread::yield_now();
    }
    true
}

// Do not block the loop.

#[test]
fn no_beat_falls_into_a_section_that_holds_the_thread() {
    ends(|| {
        one_thread().block_on(async {
            for section in [Section::Block, Section::Work] {
                let length = 5 * INTERVAL;
                let pulse = beside(section.run(length)).await;
                assert_eq!(pulse.beats, 0, "{section:?}");
                // One beat was due within the section, at the latest one interval after its begin.
                assert!(pulse.worst + INTERVAL >= length, "{section:?}: {pulse:?}");
            }
        });
    });
}

#[test]
fn the_heart_beats_on_while_another_thread_is_held() {
    ends(|| {
        one_thread().block_on(async {
            let (tell, told) = watch::channel(Pulse::default());
            tokio::spawn(beat(tell));
            // On the loop's thread nobody sees a beat, however long it looks.
            yield_now().await;
            assert!(!sees_beats(&told));
            // On another one, it sees as many as it waits for.
            let patient = move || {
                let before = told.borrow().beats;
                while told.borrow().beats < before + 3 {
                    thread::yield_now();
                }
            };
            timeout(PATIENCE, spawn_blocking(patient)).await.unwrap().unwrap();
        });
    });
}

#[tokio::test(start_paused = true)]
async fn a_section_that_awaits_holds_up_no_beat() {
    let pulse = beside(Section::Await.run(10 * INTERVAL)).await;
    assert_eq!(pulse, Pulse { beats: 10, worst: Duration::ZERO });
}

#[test]
fn who_yields_between_steps_holds_up_no_beat() {
    ends(|| {
        one_thread().block_on(async {
            let (tell, told) = watch::channel(Pulse::default());
            tokio::spawn(beat(tell));
            // Never waits for anything, and lets the loop go after each look.
            while told.borrow().beats < 3 {
                yield_now().await;
            }
        });
    });
}

#[test]
fn a_timeout_does_not_interrupt_what_never_yields() {
    ends(|| {
        one_thread().block_on(async {
            let held = timeout(Duration::from_millis(1), async {
                thread::sleep(Duration::from_millis(50));
                "done"
            });
            // Not even an error: the future was ready when it was looked at.
            assert_eq!(held.await, Ok("done"));
        });
    });
}

#[test]
fn a_resource_of_tokio_lets_others_go_first_after_128_operations() {
    const MESSAGES: usize = 1_000;
    let seen = ends(|| {
        one_thread().block_on(async {
            let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
            (0..MESSAGES).for_each(|n| tx.send(n).unwrap());
            let received = Arc::new(AtomicUsize::new(0));
            let counter = Arc::clone(&received);
            // Each message is there already: nothing in this task has to wait.
            let reader = tokio::spawn(async move {
                for _ in 0..MESSAGES {
                    rx.recv().await.unwrap();
                    counter.fetch_add(1, SeqCst);
                }
            });
            let mut seen = Vec::new();
            while !reader.is_finished() {
                yield_now().await;
                seen.push(received.load(SeqCst));
            }
            seen
        })
    });
    assert_eq!(seen[..3], [128, 256, 384], "{seen:?}");
}

// Threads for what blocks.

#[test]
fn each_blocking_fetch_has_a_thread_of_its_own() {
    // The barrier answers only if all five are in flight at once.
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 5])
        .barrier(5, PATIENCE)
        .start()
        .unwrap();
    let urls = web.urls();
    let client = blocking::client(PATIENCE).unwrap();
    let pages = one_thread().block_on(blocking::fetch_all(&client, &urls));
    assert_eq!(pages.len(), 5);
    for (page, url) in pages.iter().zip(&urls) {
        assert_eq!(&page.as_ref().unwrap().url, url, "in the order of the addresses");
    }
    assert_eq!(web.peak_in_flight(), 5);
}

#[test]
fn at_most_so_many_threads_block_and_the_rest_queues() {
    const THREADS: usize = 2;
    ends(|| {
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.max_blocking_threads(THREADS).build().unwrap();
        let (began, begins) = channel();
        let (release, released) = channel::<()>();
        let released = Arc::new(Mutex::new(released));
        let jobs: Vec<_> = (0..3)
            .map(|n| {
                let (began, released) = (began.clone(), Arc::clone(&released));
                runtime.spawn_blocking(move || {
                    began.send(n).unwrap();
                    released.lock().unwrap().recv().unwrap();
                })
            })
            .collect();
        // Two begin, and hold their threads. The third does not.
        let mut first: Vec<_> = (0..2).map(|_| begins.recv().unwrap()).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1]);
        assert_eq!(begins.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));
        // One of them ends, and the third has its thread.
        release.send(()).unwrap();
        assert_eq!(begins.recv(), Ok(2));
        release.send(()).unwrap();
        release.send(()).unwrap();
        runtime.block_on(async {
            for job in jobs {
                job.await.unwrap();
            }
        });
    });
}

#[test]
fn the_web_sees_no_more_than_there_are_threads() {
    // It answers by twos, so two are there at once, however busy the machine is.
    let sites = SlowWeb::builder().sites([Duration::ZERO; 6]);
    let web = sites.barrier(2, PATIENCE).start().unwrap();
    let client = blocking::client(PATIENCE).unwrap();
    let mut builder = runtime::Builder::new_current_thread();
    let runtime = builder.max_blocking_threads(2).build().unwrap();
    let pages = runtime.block_on(blocking::fetch_all(&client, &web.urls()));
    assert!(pages.iter().all(Result::is_ok), "{pages:?}");
    assert_eq!(web.peak_in_flight(), 2);
}

#[test]
fn a_call_that_has_begun_is_not_aborted_and_the_runtime_waits_for_it() {
    ends(|| {
        let runtime = one_thread();
        let (began, begins) = channel();
        let (release, released) = channel::<()>();
        let (end, ended) = channel();
        let job = runtime.spawn_blocking(move || {
            began.send(()).unwrap();
            released.recv().unwrap();
            end.send(()).unwrap();
        });
        begins.recv().unwrap();
        job.abort();
        let (drop_it, dropped) = channel();
        thread::spawn(move || {
            drop(runtime);
            drop_it.send(()).unwrap();
        });
        // Neither has the abort ended it, nor does the drop end without it.
        assert_eq!(dropped.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));
        release.send(()).unwrap();
        ended.recv().unwrap();
        dropped.recv().unwrap();
        assert!(job.is_finished());
    });
}

#[test]
fn shutdown_timeout_leaves_it_running() {
    ends(|| {
        let runtime = one_thread();
        let (began, begins) = channel();
        let (release, released) = channel::<()>();
        let (end, ended) = channel();
        runtime.spawn_blocking(move || {
            began.send(()).unwrap();
            released.recv().unwrap();
            end.send(()).unwrap();
        });
        begins.recv().unwrap();
        // Returns, though nobody has released the call.
        runtime.shutdown_timeout(Duration::from_millis(1));
        release.send(()).unwrap();
        ended.recv().unwrap();
    });
}

#[test]
fn a_call_that_has_not_begun_can_be_aborted() {
    ends(|| {
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.max_blocking_threads(1).build().unwrap();
        let (began, begins) = channel();
        let (release, released) = channel::<()>();
        let first = runtime.spawn_blocking(move || {
            began.send(()).unwrap();
            released.recv().unwrap();
        });
        begins.recv().unwrap();
        let second =
            runtime.spawn_blocking(|| unreachable!("it was aborted in the queue"));
        second.abort();
        release.send(()).unwrap();
        runtime.block_on(async {
            first.await.unwrap();
            assert!(second.await.unwrap_err().is_cancelled());
        });
    });
}

#[test]
fn a_fetch_without_a_thread_is_lost_in_its_place() {
    let web = SlowWeb::builder().sites([Duration::ZERO]).start().unwrap();
    let client = blocking::client(PATIENCE).unwrap();
    let runtime = one_thread();
    let handle = runtime.handle().clone();
    // A runtime that is shut down has no threads for what blocks.
    drop(runtime);
    let page = handle.block_on(blocking::fetch(&client, &web.url("site-1")));
    assert!(matches!(page.unwrap_err().kind, FetchErrorKind::Lost(_)));
    assert_eq!(web.requests(), 0);
}

#[test]
fn a_name_is_looked_up_in_the_same_queue() {
    ends(|| {
        let mut builder = runtime::Builder::new_current_thread();
        let runtime = builder.max_blocking_threads(1).enable_all().build().unwrap();
        let (began, begins) = channel();
        let (release, released) = channel::<()>();
        runtime.spawn_blocking(move || {
            began.send(()).unwrap();
            released.recv().unwrap();
        });
        begins.recv().unwrap();
        runtime.block_on(async {
            let mut lookup = pin!(lookup_host("localhost:80"));
            // The only thread is taken.
            assert!(timeout(A_WHILE, &mut lookup).await.is_err());
            release.send(()).unwrap();
            // Whatever the resolver says, it has been asked now.
            let _ = timeout(PATIENCE, lookup).await.unwrap();
        });
    });
}

// Work off the loop.

#[test]
fn work_is_done_by_other_threads_in_order() {
    let counts = ends(|| one_thread().block_on(crunch_all(&[0..10, 10..20, 20..30])));
    assert_eq!(counts, [4, 4, 2]);
    let (here, there) = ends(|| {
        let there = one_thread().block_on(on_rayon(|| thread::current().id()));
        (thread::current().id(), there.unwrap())
    });
    assert_ne!(here, there);
}

#[test]
fn the_loop_runs_on_while_rayon_works() {
    ends(|| {
        one_thread().block_on(async {
            let (release, released) = channel();
            let work = on_rayon(move || released.recv().unwrap());
            // Polled first, it waits for the other, which could not run if it held the thread.
            let (done, ()) = tokio::join!(work, async { release.send(7).unwrap() });
            assert_eq!(done.unwrap(), 7);
        });
    });
}

#[test]
fn a_panic_at_work_comes_back_to_who_waits() {
    ends(|| {
        one_thread().block_on(async {
            let panic = on_rayon(|| -> u8 { panic!("on purpose") }).await.unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
        });
    });
}

#[test]
fn pages_are_fetched_on_one_thread_and_digested_on_others() {
    let timeline = Timeline::new();
    let subscriber = tracing_subscriber::registry().with(timeline.clone());
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 4])
        .barrier(4, PATIENCE)
        .start()
        .unwrap();
    let (urls, client) = (web.urls(), client(PATIENCE).unwrap());
    tracing::subscriber::with_default(subscriber, || {
        let pages = one_thread().block_on(fetch_and_digest_all(&client, &urls, 4));
        assert!(pages.iter().all(Result::is_ok), "{pages:?}");
    });
    let record = timeline.record();
    let fetches: Vec<_> =
        record.spans.iter().filter(|span| span.name == "fetch_text").collect();
    assert_eq!(fetches.len(), 4);
    for fetch in fetches {
        assert_eq!(fetch.threads(), [1], "the loop's thread");
        assert!(fetch.held.len() > 1, "hollow: it has let the thread go");
    }
    // Only this thread is recorded here, and no work was seen on it.
    assert!(record.spans.iter().all(|span| span.name != "digest"), "{record:?}");
    assert_eq!(web.peak_in_flight(), 4);
}

#[test]
fn no_more_pages_are_on_their_way_than_the_limit() {
    // It answers by twos, so two are there at once, however busy the machine is.
    let sites = SlowWeb::builder().sites([Duration::ZERO; 8]);
    let web = sites.barrier(2, PATIENCE).start().unwrap();
    let (mut urls, client) = (web.urls(), client(PATIENCE).unwrap());
    urls.push(web.url("/status/500"));
    let pages = one_thread().block_on(fetch_and_digest_all(&client, &urls, 2));
    assert_eq!(web.peak_in_flight(), 2);
    assert_eq!(pages.iter().flatten().count(), 8, "one that fails loses no other");
    let failed = pages.into_iter().find_map(Result::err).unwrap();
    assert_eq!(failed.kind, FetchErrorKind::Status(500));
}

#[test]
fn a_digest_depends_on_the_text() {
    let url = "http://127.0.0.1/".parse().unwrap();
    assert_eq!(digest(&url, b"a"), digest(&url, b"a"));
    assert_ne!(digest(&url, b"a"), digest(&url, b"b"));
}

// A runtime inside a runtime.

const DROPPED: &str = "Cannot drop a runtime in a context where blocking is not allowed.";
const STARTED: &str = "Cannot start a runtime from within a runtime.";

#[test]
#[cfg_attr(not(debug_assertions), ignore = "reqwest checks it in debug builds only")]
fn a_blocking_client_panics_when_it_is_made_in_async_code() {
    let panic = some_threads().block_on(panic_of(async { blocking::client(PATIENCE) }));
    assert!(panic.unwrap().starts_with(DROPPED));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "reqwest checks it in debug builds only")]
fn a_blocking_client_panics_when_it_is_used_in_async_code() {
    let web = SlowWeb::builder().sites([Duration::ZERO]).start().unwrap();
    // Made outside: that is not enough.
    let client = blocking::client(PATIENCE).unwrap();
    let (url, theirs) = (web.url("site-1"), client.clone());
    let page = async move { sequential_fetch::fetch(&theirs, &url).is_ok() };
    let panic = some_threads().block_on(panic_of(page));
    assert!(panic.unwrap().starts_with(DROPPED));
}

#[test]
fn a_blocking_client_may_be_dropped_in_async_code() {
    let client = blocking::client(PATIENCE).unwrap();
    assert_eq!(some_threads().block_on(panic_of(async move { drop(client) })), None);
}

#[test]
fn block_on_inside_a_runtime_panics() {
    let by_handle = async { Handle::current().block_on(async {}) };
    let panic = some_threads().block_on(panic_of(by_handle));
    assert!(panic.unwrap().starts_with(STARTED));
    let another = async { one_thread().block_on(async {}) };
    let panic = some_threads().block_on(panic_of(another));
    assert!(panic.unwrap().starts_with(STARTED));
}

#[test]
fn a_blocking_receive_stands_still_without_a_word() {
    ends(|| {
        one_thread().block_on(async {
            let (tx, rx) = channel();
            // This task would send, if it had the thread.
            tokio::spawn(async move { tx.send(()) });
            assert_eq!(rx.recv_timeout(A_WHILE), Err(RecvTimeoutError::Timeout));
            // As soon as the thread is let go, the message is there.
            yield_now().await;
            assert_eq!(rx.try_recv(), Ok(()));
        });
    });
}

#[test]
fn there_are_four_ways_out() {
    let web = SlowWeb::builder().sites([Duration::ZERO]).start().unwrap();
    let url = web.url("site-1");
    let (async_client, client) =
        (client(PATIENCE).unwrap(), blocking::client(PATIENCE).unwrap());
    let on_its_own = client.clone();
    some_threads().block_on(async {
        assert!(fetch(&async_client, &url).await.is_ok());
        assert!(blocking::fetch(&client, &url).await.is_ok());
        let thread = own_thread(on_its_own).unwrap();
        assert!(ask(&thread, &url).await.unwrap().is_ok());
        let (theirs, address) = (async_client.clone(), url.clone());
        let wait = move || Handle::current().block_on(fetch(&theirs, &address));
        let waiting = tokio::spawn(async move { block_in_place(wait) });
        assert!(waiting.await.unwrap().is_ok());
    });
    assert_eq!(web.requests(), 4);
}

#[test]
fn block_in_place_hands_the_other_tasks_on() {
    ends(|| {
        let mut builder = runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let both = Arc::new(Barrier::new(2));
        let (release, released) = channel();
        let theirs = Arc::clone(&both);
        // The only worker blocks until a task that was queued behind it has run.
        let blocks = runtime.spawn(async move {
            tokio::spawn(async move { release.send(()).unwrap() });
            block_in_place(|| released.recv().unwrap());
            theirs.wait();
        });
        both.wait();
        runtime.block_on(blocks).unwrap();
    });
}

#[test]
fn block_in_place_panics_on_one_thread() {
    ends(|| {
        one_thread().block_on(async {
            let panic = panic_of(async { block_in_place(|| ()) }).await.unwrap();
            assert!(panic.starts_with("can call blocking only"), "{panic}");
        });
    });
}
