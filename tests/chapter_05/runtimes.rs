//! Futures that nobody polls, all sites on one thread, and what a second thread changes.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use asynchronous::threads::{fetch_each, go_on, meet};
use asynchronous::{FetchErrorKind, Url, client, crunch_all, fetch, fetch_all};
use futures_util::future::join_all;
use lab::slow_web::SlowWeb;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::patience::{PATIENCE, ends};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn a_fetch_that_is_not_awaited_sends_nothing() {
    let web = SlowWeb::builder().start().unwrap();
    let (client, url) = (client(PATIENCE).unwrap(), web.url("/delay/0"));
    one_thread().block_on(async {
        drop(fetch(&client, &url));
        let urls = [url.clone(), url.clone()];
        drop(fetch_all(&client, &urls));
        // Another request goes all the way there and back: time enough for these, had they been sent.
        fetch(&client, &url).await.unwrap();
    });
    assert_eq!(web.requests(), 1);
}

#[test]
fn a_spawned_task_takes_its_first_step_when_the_runtime_has_the_thread() {
    one_thread().block_on(async {
        let steps = Arc::new(AtomicUsize::new(0));
        let (send, answer) = oneshot::channel::<()>();
        let theirs = Arc::clone(&steps);
        let task = tokio::spawn(async move {
            theirs.fetch_add(1, SeqCst);
            answer.await.unwrap();
            theirs.fetch_add(1, SeqCst);
        });
        assert_eq!(steps.load(SeqCst), 0);
        yield_now().await;
        assert_eq!(steps.load(SeqCst), 1);
        send.send(()).unwrap();
        assert_eq!(steps.load(SeqCst), 1);
        task.await.unwrap();
        assert_eq!(steps.load(SeqCst), 2);
    });
}

#[test]
fn all_sites_are_in_flight_at_once_and_one_thread_polls_them_all() {
    const SITES: usize = 200;
    let sites = [Duration::ZERO; SITES];
    let web = SlowWeb::builder().sites(sites).barrier(SITES, PATIENCE).start().unwrap();
    let urls = web.urls();
    let threads = ends(move || {
        let client = client(PATIENCE).unwrap();
        let mut threads = BTreeSet::new();
        let results = one_thread().block_on(async {
            let mut all = pin!(fetch_all(&client, &urls));
            std::future::poll_fn(|context| {
                threads.insert(format!("{:?}", thread::current().id()));
                all.as_mut().poll(context)
            })
            .await
        });
        // The barrier answers 200 to those that were there together.
        let refused = results.iter().find_map(|result| result.as_ref().err());
        assert!(refused.is_none(), "{refused:?}");
        threads.len()
    });
    assert_eq!((threads, web.peak_in_flight()), (1, SITES));
}

#[test]
fn results_are_in_the_order_of_the_addresses_and_a_failure_is_one_of_them() {
    let web = SlowWeb::builder().start().unwrap();
    let paths = ["/delay/80", "/status/503", "/cut", "/delay/0", "/never"];
    let urls: Vec<Url> = paths.iter().map(|path| web.url(path)).collect();
    let results = ends(move || {
        let client = client(Duration::from_millis(500)).unwrap();
        one_thread().block_on(fetch_all(&client, &urls))
    });
    let path = |url: &Url| url.path().to_owned();
    let got: Vec<String> = results
        .iter()
        .map(|result| match result {
            Ok(page) => path(&page.url),
            Err(error) => path(&error.url),
        })
        .collect();
    assert_eq!(got, paths);
    assert!(results[0].is_ok() && results[3].is_ok(), "{results:?}");
    let kind = |i: usize| &results[i].as_ref().unwrap_err().kind;
    assert!(matches!(kind(1), FetchErrorKind::Status(503)), "{results:?}");
    assert!(matches!(kind(2), FetchErrorKind::Body(_)), "{results:?}");
    assert!(matches!(kind(4), FetchErrorKind::Timeout), "{results:?}");
}

#[test]
fn a_task_for_each_site_has_them_all_in_flight_too_in_the_same_order() {
    for runtime in [one_thread(), two_workers()] {
        let delays = [30, 0, 20, 10].map(Duration::from_millis);
        let web = SlowWeb::builder().sites(delays).barrier(4, PATIENCE).start().unwrap();
        let mut urls = web.urls();
        urls.push(web.url("/status/503"));
        let asked = urls.clone();
        let results = ends(move || {
            let client = client(PATIENCE).unwrap();
            runtime.block_on(fetch_each(&client, &asked))
        });
        assert_eq!(results.len(), 5);
        for (url, result) in urls.iter().zip(&results[..4]) {
            assert_eq!(&result.as_ref().unwrap().as_ref().unwrap().url, url);
        }
        let error = results[4].as_ref().unwrap().as_ref().unwrap_err();
        assert!(matches!(error.kind, FetchErrorKind::Status(503)));
    }
}

#[test]
fn chunks_are_counted_in_their_order() {
    let counts = one_thread().block_on(crunch_all(&[0..10, 10..100, 0..100]));
    assert_eq!(counts, [4, 21, 25]);
}

/// How often a wake-up was asked for.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// How many of `n` futures in a `join_all` are polled when one of them is woken.
fn polled_for_one_wake(n: usize) -> usize {
    let polls = AtomicUsize::new(0);
    let (mut senders, mut waits) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let (send, mut wait) = oneshot::channel::<()>();
        senders.push(send);
        let polls = &polls;
        waits.push(async move {
            std::future::poll_fn(|context| {
                polls.fetch_add(1, SeqCst);
                std::pin::Pin::new(&mut wait).poll(context)
            })
            .await
        });
    }
    let wakes = Arc::new(Wakes::default());
    let ours = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&ours);
    let mut all = pin!(join_all(waits));
    assert!(all.as_mut().poll(&mut context).is_pending());
    assert_eq!(polls.swap(0, SeqCst), n, "all are polled at first");
    // Many futures: having polled all, it asks to be polled again before it rests.
    wakes.0.store(0, SeqCst);
    senders.pop().unwrap().send(()).unwrap();
    assert!(wakes.0.load(SeqCst) > 0, "one is ready, and has woken the whole");
    assert!(matches!(all.poll(&mut context), Poll::Pending));
    polls.load(SeqCst)
}

#[test]
fn join_all_polls_all_of_few_futures_for_one_and_only_the_woken_one_of_many() {
    assert_eq!(polled_for_one_wake(5), 5);
    assert_eq!(polled_for_one_wake(30), 30);
    assert_eq!(polled_for_one_wake(31), 1);
    assert_eq!(polled_for_one_wake(1000), 1);
}

#[test]
fn two_tasks_run_at_once_on_two_workers_and_never_on_one_thread() {
    let long = PATIENCE;
    assert!(ends(move || two_workers().block_on(meet(long))).unwrap());
    // Nobody else can come: this one is over when its patience is.
    let short = Duration::from_millis(20);
    assert!(!ends(move || one_thread().block_on(meet(short))).unwrap());
    let one_worker = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    assert!(!ends(move || one_worker.block_on(meet(short))).unwrap());
}

#[test]
fn a_task_goes_on_in_another_thread_if_its_own_is_held() {
    let [before, after] = ends(|| two_workers().block_on(go_on())).unwrap();
    assert_ne!(before, after);
}
