//! The pool and its stages, and how a pool stalls.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::patience::{PATIENCE, ends};
use lab::slow_web::SlowWeb;
use thread_pool::crowd::{gather, one_by_one};
use thread_pool::stages::{pool_1, pool_2, pool_3};
use thread_pool::stall::{StepError, step_by_step, wait_inside};
use thread_pool::{FetchErrorKind, JobPanicked, ThreadPool, client, fetch_all};

/// Told when the thread that it was left with has ended.
struct Ended(Arc<AtomicUsize>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

thread_local! {
    static ENDED: RefCell<Option<Ended>> = const { RefCell::new(None) };
}

/// What every stage of the pool can do.
macro_rules! every_stage {
    ($($stage:ident $pool:ty),*) => {$(
        mod $stage {
            use super::*;

            #[test]
            fn no_workers_are_an_error() {
                let error = <$pool>::new(0).unwrap_err();
                assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
            }

            #[test]
            fn as_many_jobs_run_at_once_as_there_are_workers_and_never_more() {
                let peak = ends(|| {
                    let pool = <$pool>::new(3).unwrap();
                    let meet = Arc::new(Barrier::new(3));
                    let running = Arc::new(AtomicUsize::new(0));
                    let peak = Arc::new(AtomicUsize::new(0));
                    for _ in 0..30 {
                        let (meet, running, peak) =
                            (meet.clone(), running.clone(), peak.clone());
                        pool.submit(move || {
                            peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                            meet.wait();
                            running.fetch_sub(1, SeqCst);
                        });
                    }
                    pool.shutdown();
                    peak.load(SeqCst)
                });
                assert_eq!(peak, 3);
            }

            #[test]
            fn drop_runs_what_is_queued_and_ends_every_worker() {
                let (ran, ended) = ends(|| {
                    let pool = <$pool>::new(3).unwrap();
                    let (ran, ended) = (Arc::new(AtomicUsize::new(0)), Arc::default());
                    let meet = Arc::new(Barrier::new(3));
                    let (door, closed) = a_door();
                    // Each worker takes one of these, and waits behind the door.
                    for _ in 0..3 {
                        let (meet, closed) = (meet.clone(), closed.clone());
                        let ended = Arc::clone(&ended);
                        pool.submit(move || {
                            ENDED.set(Some(Ended(ended)));
                            meet.wait();
                            closed.lock().unwrap().recv().unwrap_err();
                        });
                    }
                    for _ in 0..100_000 {
                        let ran = ran.clone();
                        pool.submit(move || {
                            ran.fetch_add(1, SeqCst);
                        });
                    }
                    assert_eq!(ran.load(SeqCst), 0);
                    drop(door);
                    drop(pool);
                    (ran.load(SeqCst), ended.load(SeqCst))
                });
                assert_eq!((ran, ended), (100_000, 3));
            }

            #[test]
            fn one_worker_runs_the_jobs_in_the_order_submitted() {
                let (tell, told) = mpsc::channel();
                let pool = <$pool>::new(1).unwrap();
                for n in 0..1000 {
                    let tell = tell.clone();
                    pool.submit(move || tell.send(n).unwrap());
                }
                drop(tell);
                ends(move || drop(pool));
                assert!(told.into_iter().eq(0..1000));
            }

            #[test]
            fn a_pool_dropped_in_one_of_its_own_jobs_does_not_hang() {
                for workers in [1, 3] {
                    let (tell, told) = mpsc::channel();
                    let pool = Arc::new(<$pool>::new(workers).unwrap());
                    let (ours_is_gone, gone) = mpsc::channel::<()>();
                    let own = Arc::clone(&pool);
                    pool.submit(move || {
                        gone.recv().unwrap_err();
                        assert_eq!(Arc::strong_count(&own), 1);
                        drop(own);
                        tell.send(()).unwrap();
                    });
                    drop(pool);
                    drop(ours_is_gone);
                    assert_eq!(told.recv_timeout(PATIENCE), Ok(()), "{workers} workers");
                }
            }

            #[test]
            fn of_many_jobs_that_come_while_others_run_none_is_lost() {
                let ran = Arc::new(AtomicUsize::new(0));
                let pool = <$pool>::new(4).unwrap();
                for _ in 0..100_000 {
                    let ran = Arc::clone(&ran);
                    pool.submit(move || {
                            ran.fetch_add(1, SeqCst);
                        });
                }
                ends(move || drop(pool));
                assert_eq!(ran.load(SeqCst), 100_000);
            }
        }
    )*};
}

/// A door, and something that many can wait behind: `recv` fails when the door is dropped.
fn a_door() -> (mpsc::Sender<()>, Arc<Mutex<mpsc::Receiver<()>>>) {
    let (door, closed) = mpsc::channel();
    (door, Arc::new(Mutex::new(closed)))
}

every_stage! {
    stage_1 pool_1::ThreadPool,
    stage_2 pool_2::ThreadPool,
    stage_3 pool_3::ThreadPool,
    final_stage ThreadPool
}

/// What a pool can do from the stage on that has results.
macro_rules! every_stage_with_results {
    ($($name:ident $pool:ty),*) => {$(
        #[test]
        fn $name() {
            let results = ends(|| {
                let pool = <$pool>::new(2).unwrap();
                // Each job of a pair waits for the other one's value: the first is done last.
                let (tell, told) = mpsc::channel();
                let last = pool.submit(move || told.recv().unwrap());
                let first = pool.submit(|| "first");
                let first = first.join().unwrap();
                tell.send("last").unwrap();
                let squares = pool.map(0..1000, |n| n * n);
                (last.join().unwrap(), first, squares)
            });
            assert_eq!((results.0, results.1), ("last", "first"));
            let expected: Vec<_> = (0..1000).map(|n| Ok(n * n)).collect();
            assert_eq!(results.2, expected);
        }
    )*};
}

every_stage_with_results! {
    stage_2_has_results_and_keeps_the_order_of_the_items pool_2::ThreadPool,
    stage_3_has_results_and_keeps_the_order_of_the_items pool_3::ThreadPool,
    the_pool_has_results_and_keeps_the_order_of_the_items ThreadPool
}

/// The flaw that the third stage mends.
#[test]
fn in_the_first_two_stages_a_panic_costs_a_worker() {
    let after = ends(|| {
        let pool = pool_1::ThreadPool::new(1).unwrap();
        let (tell, told) = mpsc::channel();
        pool.submit(|| panic!("on purpose"));
        pool.submit(move || tell.send(()).unwrap());
        told.recv()
    });
    assert!(after.is_err(), "nobody ran the second job");

    let after = ends(|| {
        let pool = pool_2::ThreadPool::new(1).unwrap();
        let panicked = pool.submit(|| panic!("on purpose"));
        let second = pool.submit(|| "done");
        (panicked.join().is_err(), second.join().is_err())
    });
    assert_eq!(after, (true, true), "nobody ran the second job, and its handle says so");
}

macro_rules! every_stage_that_catches_panics {
    ($($name:ident $pool:ty, $panicked:path);*) => {$(
        #[test]
        fn $name() {
            let (before, results, after) = ends(|| {
                let pool = <$pool>::new(3).unwrap();
                let before = who_serves(|jobs, job| pool.map(jobs, job));
                let results = pool.map(0..30, |n| {
                    assert!(n % 3 != 0, "{n} on purpose");
                    n
                });
                (before, results, who_serves(|jobs, job| pool.map(jobs, job)))
            });
            assert_eq!(before, after, "the same threads serve as before");
            assert_eq!(before.len(), 3);
            for (n, result) in (0..).zip(results) {
                let panicked = $panicked(format!("{n} on purpose"));
                assert_eq!(result, if n % 3 == 0 { Err(panicked) } else { Ok(n) });
            }
        }
    )*};
}

every_stage_that_catches_panics! {
    in_stage_3_a_panic_is_the_error_of_its_job_and_costs_no_worker
        pool_3::ThreadPool, pool_3::JobPanicked;
    a_panic_is_the_error_of_its_job_and_costs_no_worker ThreadPool, JobPanicked
}

/// The threads that serve three jobs at once: the jobs meet, so there are three.
fn who_serves<E: std::fmt::Debug>(
    map: impl Fn(Vec<Arc<Barrier>>, fn(Arc<Barrier>) -> ThreadId) -> Vec<Result<ThreadId, E>>,
) -> Vec<ThreadId> {
    let meet = Arc::new(Barrier::new(3));
    let job = |meet: Arc<Barrier>| {
        meet.wait();
        thread::current().id()
    };
    let mut threads: Vec<_> =
        map(vec![meet; 3], job).into_iter().map(Result::unwrap).collect();
    threads.sort_by_key(|id| format!("{id:?}"));
    threads.dedup();
    threads
}

#[test]
fn as_many_are_in_flight_as_there_are_workers_and_never_more() {
    // Answers come by threes, so three must be in flight; a fourth would be seen.
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 12])
        .barrier(3, PATIENCE)
        .start()
        .unwrap();
    let pool = ThreadPool::new(3).unwrap();
    let results = fetch_all(&pool, &client(PATIENCE).unwrap(), &web.urls());
    let asked: Vec<_> = results.into_iter().map(|result| result.unwrap().url).collect();
    assert_eq!(asked, web.urls());
    assert_eq!(web.peak_in_flight(), 3);
}

#[test]
fn a_site_that_fails_is_an_error_in_its_place() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [web.url("/site-1"), web.url("/status/404"), web.url("/site-2")];
    let pool = ThreadPool::new(2).unwrap();
    let results = fetch_all(&pool, &client(PATIENCE).unwrap(), &urls);
    let kinds: Vec<_> =
        results.into_iter().map(|result| result.err().map(|error| error.kind)).collect();
    assert_eq!(kinds, [None, Some(FetchErrorKind::Status(404)), None]);
}

#[test]
fn a_wait_with_a_timeout_gives_the_handle_back_and_then_the_result() {
    let pool = ThreadPool::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    let job = pool.submit(move || told.recv().unwrap());
    let job = job.join_timeout(Duration::from_millis(1)).unwrap_err();
    tell.send("at last").unwrap();
    assert_eq!(job.join_timeout(PATIENCE).unwrap(), Ok("at last"));

    let panicked = pool.submit(|| panic!("on purpose")).join_timeout(PATIENCE);
    assert_eq!(panicked.unwrap(), Err::<(), _>(JobPanicked("on purpose".to_owned())));
}

#[test]
fn results_come_as_they_complete_each_once_and_panics_among_them() {
    let (first, mut positions) = ends(|| {
        let pool = ThreadPool::new(2).unwrap();
        let (tell, told) = mpsc::channel();
        let (told, rest) = (Arc::new(Mutex::new(told)), 1..100);
        let mut results = pool.as_completed(0..100, move |n| match n {
            // Done only when another result has been had.
            0 => told.lock().unwrap().recv().unwrap(),
            7 => panic!("on purpose"),
            n => n,
        });
        let first = results.next().unwrap().0;
        tell.send(0).unwrap();
        let others = results.map(|(position, result)| {
            assert_eq!(result.is_err(), position == 7);
            position
        });
        let positions: Vec<_> = others.chain([first]).collect();
        assert!(rest.contains(&first));
        (first, positions)
    });
    assert_ne!(first, 0);
    positions.sort_unstable();
    assert!(positions.into_iter().eq(0..100));
}

/// A result whose drop panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(thread::panicking(), "on purpose");
    }
}

#[test]
fn when_the_last_worker_is_gone_a_handle_says_so() {
    // Nothing that a job does ends a worker. A result that nobody takes, and that panics when it is thrown away, does.
    let lost = ends(|| {
        let pool = ThreadPool::new(1).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        drop(pool.submit(move || {
            wait.recv().unwrap_err();
            Bomb
        }));
        let behind = pool.submit(|| "done");
        drop(go);
        behind.join()
    });
    assert_eq!(lost, Err(JobPanicked("the job was dropped".to_owned())));
}

// How a pool stalls:

#[test]
fn jobs_that_wait_inside_their_own_pool_stall_and_in_another_one_do_not() {
    for workers in [1, 4] {
        let results = ends(move || {
            let pool = Arc::new(ThreadPool::new(workers).unwrap());
            let second = Arc::new(ThreadPool::new(1).unwrap());
            let own = wait_inside(&pool, &pool, Duration::from_millis(20));
            let other = wait_inside(&pool, &second, PATIENCE);
            [own, other]
        });
        assert_eq!(results[0], vec![Err(StepError::Stalled); workers]);
        assert_eq!(results[1], (0..workers).map(|n| Ok(n * n)).collect::<Vec<_>>());
    }
}

#[test]
fn a_second_step_that_nobody_inside_waits_for_needs_one_worker_only() {
    let results = ends(|| step_by_step(&ThreadPool::new(1).unwrap(), 4));
    assert_eq!(results, [Ok(0), Ok(1), Ok(4), Ok(9)]);
}

// Threads that cannot be had:

#[test]
fn a_crowd_is_as_large_as_it_was_wanted_and_is_joined() {
    let (crowd, refused) = gather(20);
    assert!(refused.is_ok());
    assert_eq!(crowd.size(), 20);
    assert_eq!(ends(move || crowd.dismiss()), 20);
    one_by_one(3).unwrap();
}

/// Set for the test below, which would otherwise ask for a lot of threads.
#[cfg(target_os = "linux")]
const LIMITED: &str = "WHILE_YOU_WAIT_LIMITED";

#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_is_refused_is_an_error_and_the_others_are_joined() {
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 4194304 && exec \"$0\" --exact --ignored \"$1\""])
        .arg(std::env::current_exe().unwrap())
        .arg("pool::in_a_process_with_a_limit")
        .env("RUST_MIN_STACK", (256 << 20).to_string())
        .env("MALLOC_ARENA_MAX", "1")
        .env(LIMITED, "yes")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by the test above, where threads are few"]
fn in_a_process_with_a_limit() {
    if std::env::var_os(LIMITED).is_none() {
        return;
    }
    for _ in 0..5 {
        let (crowd, refused) = gather(100);
        let size = crowd.size();
        assert!((8..16).contains(&size), "{size}");
        assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        assert_eq!(crowd.dismiss(), size);

        let refused = ThreadPool::new(100).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::WouldBlock);
        // If those that had begun were still there, these could not be had.
        let pool = ThreadPool::new(size).unwrap();
        assert_eq!(pool.map(0..3, |n| n), [Ok(0), Ok(1), Ok(2)]);
    }
}
