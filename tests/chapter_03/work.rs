//! Rayon: for work, and not for waiting.

use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crate::patience::{PATIENCE, ends};
use lab::slow_web::SlowWeb;
use rayon::prelude::*;
use rayon::{ThreadPool as Rayon, ThreadPoolBuilder};
use sequential_fetch::FetchErrorKind;
use thread_pool::work::{amdahl, count, count_on, count_some_alone, cut, serial_share};
use thread_pool::{JobPanicked, ThreadPool, client, crunch_all, waiting};

/// How long to watch for what must not happen.
const A_MOMENT: Duration = Duration::from_millis(100);

fn rayon_of(threads: usize) -> Rayon {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

// Work

#[test]
fn parallel_counts_are_the_serial_ones_in_their_order_however_the_work_is_cut() {
    let pool = ThreadPool::new(3).unwrap();
    for pieces in [0, 1, 2, 3, 7, 50, 1000, 5000] {
        let chunks = cut(5_000, pieces);
        let serial = sequential_fetch::crunch_all(&chunks);
        assert_eq!(crunch_all(&chunks), serial, "{pieces}");
        let all = if pieces == 0 { 0 } else { 669 }; // the primes below 5,000
        assert_eq!(serial.iter().sum::<u64>(), all, "{pieces}");
        assert_eq!(count(&chunks), all, "{pieces}");
        assert_eq!(count_on(&pool, chunks.clone()), Ok(all), "{pieces}");
        for alone in [0, chunks.len() / 2, chunks.len()] {
            assert_eq!(count_some_alone(&chunks, alone), all, "{pieces}, {alone} alone");
        }
    }
    // Chunks of very different size, and of none.
    let chunks: [Range<u64>; 5] =
        [0..1, 1..4_000, 4_000..4_000, 4_000..4_001, 4_001..5_000];
    assert_eq!(crunch_all(&chunks), sequential_fetch::crunch_all(&chunks));
}

#[test]
fn a_cut_leaves_nothing_out_and_counts_nothing_twice() {
    for (end, pieces) in [(10, 1), (10, 3), (10, 10), (3, 7), (500_000, 500_000)] {
        let numbers: Vec<u64> = cut(end, pieces).into_iter().flatten().collect();
        assert_eq!(numbers, (0..end).collect::<Vec<_>>(), "{end} in {pieces}");
    }
}

#[test]
fn rayon_has_as_many_threads_as_it_is_told_and_the_caller_is_none_of_them() {
    let pool = rayon_of(3);
    assert_eq!(pool.current_num_threads(), 3);
    // Each of three waits for the other two, so they are on three threads; there is no fourth.
    let together = Barrier::new(3);
    let pool = Arc::new(pool);
    let own = Arc::clone(&pool);
    let threads: HashSet<_> = ends(move || {
        own.broadcast(|_| {
            together.wait();
            thread::current().id()
        })
    })
    .into_iter()
    .collect();
    assert_eq!(threads.len(), 3);
    let used: HashSet<_> = pool
        .install(|| (0..1000).into_par_iter().map(|_| thread::current().id()).collect());
    assert!(used.is_subset(&threads) && !used.contains(&thread::current().id()));
}

#[test]
fn the_global_pool_has_a_thread_for_each_core_unless_the_environment_says_otherwise() {
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        let cores = thread::available_parallelism().unwrap().get();
        assert_eq!(rayon::current_num_threads(), cores);
    }
}

#[test]
fn an_idle_thread_steals_what_a_busy_one_has_not_begun() {
    // The first piece ends only when all the others are done. Whoever has it can do none of them, so the other thread
    // does, those included that lay in the queue of the first.
    let pool = rayon_of(2);
    let (done, all_done) = channel();
    let all_done = std::sync::Mutex::new(all_done);
    let threads: Vec<_> = pool.install(|| {
        (0..16)
            .into_par_iter()
            .with_max_len(1)
            .map(|piece| {
                if piece == 0 {
                    let all_done = all_done.lock().unwrap();
                    (1..16).for_each(|_| all_done.recv_timeout(PATIENCE).unwrap());
                } else {
                    done.send(()).unwrap();
                }
                thread::current().id()
            })
            .collect()
    });
    assert!(threads[1..].iter().all(|thread| *thread == threads[1]));
    assert_ne!(threads[0], threads[1]);
}

#[test]
fn a_panic_in_rayon_reaches_the_caller_and_takes_all_results_with_it() {
    let job = |n: u64| if n == 3 { panic!("no luck with {n}") } else { n * n };
    let panic = catch_unwind(AssertUnwindSafe(|| {
        (0..6).into_par_iter().map(job).collect::<Vec<u64>>()
    }));
    let panic = panic.unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "no luck with 3");

    // The pool of this chapter loses the one.
    let results = ThreadPool::new(2).unwrap().map(0..6, job);
    let lost = Err(JobPanicked("no luck with 3".to_owned()));
    assert_eq!(results, [Ok(0), Ok(1), Ok(4), lost, Ok(16), Ok(25)]);
}

#[test]
fn a_rayon_thread_survives_the_panic_of_its_work() {
    let pool = rayon_of(1);
    let panics = || pool.install(|| panic!("on purpose"));
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(pool.install(|| 42), 42);
}

// The law

#[test]
#[expect(clippy::float_cmp, reason = "these are exact")]
fn amdahls_law_at_its_ends() {
    assert_eq!(amdahl(0.0, 8), 8.0);
    assert_eq!(amdahl(1.0, 8), 1.0);
    assert_eq!(amdahl(0.5, 1), 1.0);
    assert_eq!(amdahl(0.5, 2), 4.0 / 3.0);
    assert!(amdahl(0.2, 1_000_000) < 5.0, "never more than 1 / the serial share");
}

#[test]
fn the_fit_finds_the_share_that_the_law_was_given() {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    for share in [0.0, 0.02, 0.2, 0.5, 1.0] {
        let measured = [1, 2, 4, 16].map(|n| (n, amdahl(share, n)));
        assert!(near(serial_share(&measured).unwrap(), share), "{share}");
        // One measured pair is enough; one worker alone says nothing.
        assert!(near(serial_share(&measured[1..2]).unwrap(), share), "{share}");
        assert_eq!(serial_share(&measured[..1]), None);
    }
    assert_eq!(serial_share(&[]), None);
    // Errors of equal size on both sides cancel out.
    let noisy = [0.19, 0.21].map(|share| (2, amdahl(share, 2)));
    assert!(near(serial_share(&noisy).unwrap(), 0.2));
}

// Waiting

#[test]
fn as_many_wait_at_once_as_rayon_has_threads() {
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 3])
        .barrier(3, PATIENCE)
        .start()
        .unwrap();
    let client = client(PATIENCE).unwrap();
    let pages = rayon_of(3).install(|| waiting::fetch_all(&client, &web.urls()));
    assert!(pages.iter().all(Result::is_ok), "{pages:?}");
    assert_eq!(web.peak_in_flight(), 3);
}

#[test]
fn one_more_than_rayon_has_threads_never_wait_at_once() {
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 8])
        .barrier(4, Duration::from_millis(200))
        .start()
        .unwrap();
    let client = client(PATIENCE).unwrap();
    let pages = rayon_of(3).install(|| waiting::fetch_all(&client, &web.urls()));
    let refused = FetchErrorKind::Status(503);
    assert!(
        pages.iter().all(|page| page.as_ref().is_err_and(|error| error.kind == refused)),
        "{pages:?}"
    );
    assert!(web.peak_in_flight() <= 3, "{}", web.peak_in_flight());

    // The pool of this chapter may have as many workers as there are waits.
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 8])
        .barrier(8, PATIENCE)
        .start()
        .unwrap();
    let pages =
        thread_pool::fetch_all(&ThreadPool::new(8).unwrap(), &client, &web.urls());
    assert!(pages.iter().all(Result::is_ok), "{pages:?}");
}

#[test]
fn work_of_others_stands_still_while_all_threads_of_the_pool_wait() {
    let pool = rayon_of(2);
    let (tell, told) = channel();
    let (release, released) = crossbeam_channel::unbounded::<()>();
    for _ in 0..2 {
        let (tell, released) = (tell.clone(), released.clone());
        pool.spawn(move || {
            tell.send("waits").unwrap();
            released.recv().unwrap();
        });
    }
    // Both have a thread now, and there are no more.
    assert_eq!(
        [told.recv_timeout(PATIENCE), told.recv_timeout(PATIENCE)],
        [Ok("waits"); 2]
    );
    pool.spawn(move || tell.send("works").unwrap());
    assert_eq!(told.recv_timeout(A_MOMENT), Err(RecvTimeoutError::Timeout));
    release.send(()).unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok("works"));
    release.send(()).unwrap();
}

#[test]
fn with_waits_on_a_pool_of_their_own_the_work_goes_on() {
    let (waits, works) = (ThreadPool::new(2).unwrap(), rayon_of(1));
    let (release, released) = crossbeam_channel::unbounded::<()>();
    let (tell, told) = channel();
    for _ in 0..2 {
        let (tell, released) = (tell.clone(), released.clone());
        drop(waits.submit(move || {
            tell.send(()).unwrap();
            released.recv()
        }));
    }
    // Both waits are under way, and nothing ends them before the work is done.
    assert_eq!([told.recv_timeout(PATIENCE), told.recv_timeout(PATIENCE)], [Ok(()); 2]);
    assert_eq!(works.install(|| count(&cut(100, 10))), 25);
    drop(release);
}
