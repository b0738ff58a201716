//! First finished, first served.

use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use crate::patience::{PATIENCE, ends};
use lab::slow_web::SlowWeb;
use thread_pool::health::{Health, Service, check_all, tally};
use thread_pool::{FetchErrorKind, JobPanicked, ThreadPool, Url, client, fetch};

fn service(name: &str, url: Url) -> Service {
    Service { name: name.to_owned(), url }
}

#[test]
fn the_fast_site_is_yielded_before_the_slow_one_has_answered() {
    // The slow one answers when a second request to it arrives, which we send after the fast one was yielded.
    let web =
        SlowWeb::builder().sites([Duration::ZERO]).barrier(2, PATIENCE).start().unwrap();
    let slow = web.url("site-1");
    let pool = ThreadPool::new(2).unwrap();
    let client = client(PATIENCE).unwrap();
    let services = [service("slow", slow.clone()), service("fast", web.url("/delay/0"))];
    let mut checks = check_all(&pool, &client, &services, PATIENCE);

    assert_eq!(checks.next(), Some((1, Health::Healthy)), "the second asked, first done");
    fetch(&client, &slow).unwrap();
    assert_eq!(checks.next(), Some((0, Health::Healthy)));
    assert_eq!(ends(move || checks.next()), None, "the iterator ends by itself");
}

#[test]
fn each_item_is_yielded_once_though_there_are_more_than_workers() {
    let mut yielded: Vec<(usize, u32)> = ends(|| {
        let pool = ThreadPool::new(3).unwrap();
        let results = pool.as_completed(0..1000_u32, |n| n * n);
        results.map(|(position, result)| (position, result.unwrap())).collect()
    });
    yielded.sort_unstable();
    let expected: Vec<(usize, u32)> = (0..1000).map(|n| (n as usize, n * n)).collect();
    assert_eq!(yielded, expected);
}

#[test]
fn no_items_are_no_results_and_not_a_wait_for_ever() {
    let nothing = Vec::<u32>::new();
    let pool = ThreadPool::new(1).unwrap();
    assert_eq!(ends(move || pool.as_completed(nothing, |n| n).count()), 0);
}

#[test]
fn what_fails_and_what_panics_loses_nothing() {
    let web = SlowWeb::builder().start().unwrap();
    let services = [
        service("well", web.url("/delay/1")),
        service("refused", web.refused_url()),
        service("busy", web.url("/status/503")),
        service("empty", web.url("/empty")),
        service("silent", web.url("/never")),
        service("cut", web.url("/cut")),
        service("well too", web.url("/delay/2")),
    ];
    // A deadline that only the silent one misses, however busy the machine.
    let client = client(Duration::from_secs(4)).unwrap();
    let pool = ThreadPool::new(2).unwrap();
    let mut verdicts = vec![None; services.len()];
    let mut yielded = 0;
    let checks = check_all(&pool, &client, &services, PATIENCE);
    for (position, health) in ends(move || checks.collect::<Vec<_>>()) {
        let before = verdicts[position].replace(health);
        assert_eq!(before, None, "{position} is yielded twice");
        yielded += 1;
    }
    assert_eq!(yielded, services.len());
    let verdict = |n: usize| verdicts[n].clone().unwrap();
    assert_eq!(verdict(0), Health::Healthy);
    assert_eq!(verdict(1), Health::Down(FetchErrorKind::Refused));
    assert_eq!(verdict(2), Health::Down(FetchErrorKind::Status(503)));
    let panicked = JobPanicked("no body to look at".to_owned());
    assert_eq!(verdict(3), Health::Unknown(panicked));
    assert_eq!(verdict(4), Health::Down(FetchErrorKind::Timeout));
    assert!(matches!(verdict(5), Health::Down(FetchErrorKind::Body(_))));
    assert_eq!(verdict(6), Health::Healthy);
    assert_eq!(
        tally(&services, &verdicts),
        [
            "healthy   2  well, well too",
            "slow      0",
            "down      4  refused, busy, silent, cut",
            "unknown   1  empty",
            "lost      0",
        ],
        "in the order of the services"
    );
}

#[test]
fn slow_is_what_takes_longer_than_it_should() {
    let web = SlowWeb::builder().start().unwrap();
    let services = [service("a", web.url("/delay/20"))];
    let pool = ThreadPool::new(1).unwrap();
    let client = client(PATIENCE).unwrap();
    let health = |slow| check_all(&pool, &client, &services, slow).next().unwrap().1;
    assert_eq!(
        health(Duration::from_millis(20)),
        Health::Slow,
        "it waits 20 ms at least"
    );
    assert_eq!(health(PATIENCE), Health::Healthy);
}

#[test]
fn a_service_without_a_verdict_is_told() {
    let url = SlowWeb::builder().start().unwrap().refused_url();
    let services = [service("a", url.clone()), service("b", url)];
    let lines = tally(&services, &[Some(Health::Slow), None]);
    assert_eq!(lines[1], "slow      1  a");
    assert_eq!(lines[4], "lost      1  b");
}

#[test]
fn giving_up_a_wait_does_not_end_the_job() {
    let (open, gate) = mpsc::channel::<()>();
    let (tell, told) = mpsc::channel();
    let pool = ThreadPool::new(1).unwrap();
    let job = pool.submit(move || {
        gate.recv().unwrap();
        tell.send("done all the same").unwrap();
    });
    // The job waits at the gate, and this wait is given up.
    let early = told.recv_timeout(Duration::from_millis(1));
    assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout));
    open.send(()).unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok("done all the same"));
    job.join().unwrap();
}

#[test]
fn whoever_leaves_early_leaves_the_pool_at_work() {
    let pool = ThreadPool::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    let gate = Arc::new(Barrier::new(2));
    let waiting = Arc::clone(&gate);
    let job = move |n: u32| {
        if n == 1 {
            waiting.wait();
        }
        tell.send(n).unwrap();
    };
    let first = pool.as_completed(0..5, job).next();
    assert!(matches!(first, Some((0, Ok(())))));
    // The iterator is gone, and the second job waits for just that; all are done before the pool is.
    ends(move || {
        gate.wait();
        pool.shutdown();
    });
    assert_eq!(told.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}
