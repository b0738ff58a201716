//! What the tests of the exercises ask with can itself be trusted: it passes what is right, and says in a sentence what is not.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Child;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, mpsc};
use std::time::Duration;
use std::{mem, slice, thread};

use futures_util::future::join_all;
use tokio::time::timeout;

use crate::asynchronous::{self, assert_begun_here, block_on, block_on_paused};
use crate::meeting::Meeting;
use crate::worker::{
    Roster, State, assert_answers, assert_gone, end_in_a_second, end_later, given, run,
    signal, state, worker,
};
use crate::{
    Contended, Counter, Gauge, PATIENCE, SlowWeb, Url, Web, assert_pages, comes_true,
    fetch, lock, within,
};

/// What an assertion says that fails; nothing if it holds.
fn said(assertion: impl FnOnce()) -> String {
    match catch_unwind(AssertUnwindSafe(assertion)) {
        Ok(()) => String::new(),
        Err(panic) => {
            let words = panic.downcast_ref::<&str>().map(ToString::to_string);
            words.or_else(|| panic.downcast_ref().cloned()).expect("a panic with words")
        }
    }
}

/// Fetches so many at once, a thread each.
fn in_threads(web: &Web, urls: &[Url]) {
    let client = web.client();
    thread::scope(|scope| {
        for url in urls {
            scope.spawn(|| fetch(&client, url));
        }
    });
}

#[test]
fn a_web_tells_one_after_another_from_together_and_from_too_many() {
    let web = Web::together(3);
    in_threads(&web, &web.urls());
    assert_eq!(said(|| web.assert_together()), "");

    let web = Web::together(3);
    for url in web.urls() {
        in_threads(&web, &[url]);
    }
    assert_eq!(
        said(|| web.assert_together()),
        "1 request was in flight together, and 3 were wanted: they are made one after another"
    );

    let web =
        Web::from(SlowWeb::builder().sites([Duration::ZERO; 3]).barrier(3, PATIENCE));
    in_threads(&web, &web.urls());
    assert_eq!(
        said(|| web.assert_peak(2)),
        "3 requests were in flight together, and 2 were wanted: more are made at the same time than should be"
    );
}

#[test]
fn a_web_counts_requests_and_connections() {
    let web = Web::of(3);
    let shared = web.client();
    for url in web.urls() {
        fetch(&shared, &url).expect("a page");
    }
    assert_eq!(said(|| web.assert_requests(3)), "");
    assert_eq!(said(|| web.assert_connections(1)), "");
    assert_eq!(
        said(|| web.assert_requests(4)),
        "3 requests were made in all, and 4 were wanted"
    );

    let web = Web::of(3);
    for url in web.urls() {
        fetch(&web.client(), &url).expect("a page");
    }
    assert_eq!(
        said(|| web.assert_connections(1)),
        "the server saw 3 connections, and 1 was wanted: a client keeps its connections and uses them again; a new client knows none, and where a body was not read to its end there is nothing to keep"
    );
}

#[test]
fn a_web_sees_who_gave_up() {
    let web = Web::of(0);
    block_on(async {
        let client = asynchronous::client(PATIENCE);
        let never = web.url("never");
        // Dropped when the server has seen it.
        tokio::select! {
            _ = asynchronous::fetch(&client, &never) => unreachable!("no answer comes"),
            () = async { while web.in_flight() == 0 { tokio::task::yield_now().await } } => {}
        }
    });
    assert_eq!(said(|| web.assert_given_up(1)), "");
    assert_eq!(
        said(|| web.assert_given_up(0)),
        "1 request was given up, and 0 were wanted"
    );
}

#[test]
fn pages_are_held_to_their_addresses() {
    let web = Web::of(2);
    let client = web.client();
    let urls = web.urls();
    let fetched = || urls.iter().map(|url| fetch(&client, url)).collect::<Vec<_>>();
    assert_eq!(said(|| assert_pages(&fetched(), &urls)), "");
    assert_eq!(
        said(|| assert_pages(&fetched()[..1], &urls)),
        "1 result came of 2 addresses: each should have one"
    );
    let swapped: Vec<_> = fetched().into_iter().rev().collect();
    assert_eq!(
        said(|| assert_pages(&swapped, &urls)),
        "result 1 is the page of /site-2, and /site-1 was wanted: the order of the addresses is lost"
    );
    let missing = web.url("status/404");
    assert_eq!(
        said(|| assert_pages(&[fetch(&client, &missing)], slice::from_ref(&missing))),
        "result 1, of /status/404, is an error: status 404"
    );
}

#[test]
fn a_gauge_tells_one_after_another_from_together_and_from_too_many() {
    let on_threads = |gauge: &Gauge, jobs: usize| {
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| gauge.work());
            }
        });
    };
    let gauge = Gauge::new(3);
    on_threads(&gauge, 3);
    assert_eq!(said(|| gauge.assert_together()), "");
    assert_eq!(said(|| gauge.assert_threads(3)), "");
    assert_eq!(
        said(|| gauge.assert_threads(2)),
        "3 threads did the jobs, and 2 were wanted: new threads are started where those that are there should take the next job"
    );

    let gauge = Gauge::new(3);
    for _ in 0..3 {
        gauge.work();
    }
    assert_eq!(gauge.jobs(), 3);
    assert_eq!(
        said(|| gauge.assert_together()),
        "1 job was at work together, and 3 were wanted: they are done one after another"
    );
    assert_eq!(
        said(|| gauge.assert_threads(3)),
        "1 thread did the jobs, and 3 were wanted: some of them never get a job"
    );
}

#[test]
fn a_gauge_counts_tasks_on_a_clock_that_stands_still() {
    let gauge = Gauge::new(2);
    block_on_paused(join_all((0..3).map(|_| gauge.wait())));
    assert_eq!(
        said(|| gauge.assert_together()),
        "3 jobs were at work together, and 2 were wanted: more are done at the same time than should be"
    );
}

#[test]
fn lines_are_held_to_their_beginnings() {
    let web = Web::of(0);
    let lines = [format!("{}site-1: up", web.url("/")), "1 up".to_owned()];
    assert_eq!(said(|| web.assert_lines(&lines, &["/site-1: up", "1 "])), "");
    assert_eq!(
        said(|| web.assert_lines(&lines[1..], &["1 up, 1 down"])),
        r#"line 1 is "1 up", and "1 up, 1 down" was wanted"#
    );
    assert_eq!(
        said(|| web.assert_lines(&lines[1..], &["1 up", "2 down"])),
        r#"1 line came, and the next was to be "2 down""#
    );
    assert_eq!(
        said(|| web.assert_lines(&lines, &["/site-1"])),
        "2 lines came, and 1 was wanted"
    );
}

#[test]
fn a_fetch_is_begun_by_the_thread_that_polls_it() {
    let web = Web::of(1);
    let (client, url) = (asynchronous::client(PATIENCE), web.url("site-1"));
    let never_polled = asynchronous::fetch(&client, &url);
    block_on(asynchronous::fetch(&client, &url)).expect("a page");
    drop(never_polled);
    thread::scope(|scope| {
        scope.spawn(|| block_on(asynchronous::fetch(&client, &url)));
    });
    assert_eq!(said(|| assert_begun_here(1)), "");
    let too_few = said(|| assert_begun_here(2));
    assert!(too_few.ends_with("other threads were started, and waiting needs none"));
    let too_many = said(|| assert_begun_here(0));
    assert!(too_many.ends_with("some are begun more than once"), "{too_many}");
}

#[test]
fn a_gauge_tells_what_was_done_from_what_was_begun() {
    let gauge = Gauge::new(1);
    gauge.note();
    gauge.work();
    // Dropped half-way.
    let half = Duration::from_millis(500);
    let late = block_on_paused(async { timeout(half, gauge.wait()).await });
    assert!(late.is_err());
    block_on_paused(gauge.wait());
    assert_eq!(gauge.jobs(), 4);
    assert_eq!(said(|| gauge.assert_together()), "");
    assert_eq!(said(|| gauge.assert_done(3)), "");
    assert_eq!(
        said(|| gauge.assert_done(4)),
        "3 of 4 jobs were done: nobody waited for the others, or they were thrown away"
    );
    assert_eq!(
        said(|| gauge.assert_done(2)),
        "3 of 2 jobs were done: some were done more than once"
    );
}

#[test]
fn a_meeting_that_one_has_given_up_is_open() {
    within(|| {
        let meeting = Meeting::new(3);
        thread::scope(|scope| {
            scope.spawn(|| meeting.wait(6 * PATIENCE));
            meeting.wait(Duration::from_millis(100));
        });
        meeting.wait(6 * PATIENCE);
    });
}

#[test]
fn a_counter_loses_what_is_added_in_more_than_one_step() {
    let stored = |total: &Counter, number| {
        let before = total.load(Relaxed);
        total.store(before + number, Relaxed);
    };
    let exchanged = |total: &Counter, number| {
        let before = total.load(Relaxed);
        let _ = total.compare_exchange(before, before + number, Relaxed, Relaxed);
    };
    let looked_again = |total: &Counter, number| {
        loop {
            let before = total.load(Relaxed);
            if total.load(Relaxed) == before {
                break total.store(before + number, Relaxed);
            }
        }
    };
    let wrong: [fn(&Counter, u64); 3] = [stored, exchanged, looked_again];
    for add in wrong {
        let total = Counter::total_of([1, 20, 300], add);
        assert!([1, 20, 300].contains(&total), "{total}");
    }

    let in_one = |total: &Counter, number| _ = total.fetch_add(number, Relaxed);
    assert_eq!(Counter::total_of([1, 20, 300], in_one), 321);

    let turns = Mutex::new(());
    let in_turn = move |total: &Counter, number| {
        let _turn = lock(&turns);
        stored(total, number);
    };
    assert_eq!(Counter::total_of([1, 20, 300], in_turn), 321);
}

#[test]
fn whoever_releases_a_contended_lock_goes_on_when_all_have_had_it() {
    let count = Contended::new(3, 0);
    let look_again = || {
        *count.lock() += 1;
        *count.lock()
    };
    thread::scope(|scope| {
        let threads = [(); 3].map(|()| scope.spawn(look_again));
        assert_eq!(threads.map(|thread| thread.join().expect("no panic")), [3; 3]);
    });
}

#[test]
fn a_job_that_hangs_is_told_and_one_that_panics_says_why() {
    assert_eq!(within(|| 6 * 7), 42);
    assert_eq!(said(|| within(|| panic!("because of {}", "this"))), "because of this");
    let (_never, nothing) = std::sync::mpsc::channel::<()>();
    let hangs = said(move || _ = within(move || nothing.recv()));
    assert!(hangs.starts_with("it hangs: nothing came of it within 10 s."), "{hangs}");
}

#[test]
fn a_worker_does_what_its_table_says() {
    let ask = |jobs: &str| -> (Vec<String>, Child) {
        let mut child = worker().spawn().expect("a shell");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(jobs.as_bytes()).expect("a worker that reads");
        drop(stdin);
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        (lines.map(|line| line.expect("UTF-8")).collect(), child)
    };
    let (answers, mut child) = ask("double 21\npid\nexit 3\ndouble 1\n");
    assert_eq!(answers, ["42", &child.id().to_string()]);
    assert_eq!(child.wait().expect("a child").code(), Some(3));

    let (answers, mut child) = ask("double 4\ncrash\ndouble 1\n");
    assert_eq!(answers, ["8"]);
    assert_eq!(child.wait().expect("a child").code(), None);

    let mut child = worker().spawn().expect("a shell");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"hang\n").expect("a worker that reads");
    assert_eq!(state(child.id()), State::Alive);
    child.kill().expect("a child");
    assert!(comes_true(|| state(child.id()) == State::Zombie));
    child.wait().expect("a child");
    assert_eq!(state(child.id()), State::Gone);
}

#[test]
fn how_a_worker_ended_and_what_it_answered_can_be_asked() {
    let (status, answers) = run("double 21\nexit 3");
    assert_eq!((status.code(), signal(status), &*answers), (Some(3), None, "42"));
    let (status, answers) = run("crash");
    assert_eq!((status.code(), signal(status), &*answers), (None, Some(9), ""));

    let answers = [Ok("4".to_owned()), Err(ErrorKind::UnexpectedEof.into())];
    assert_eq!(said(|| assert_answers(&answers, &["4", "lost"])), "");
    assert_eq!(
        said(|| assert_answers(&answers, &["4"])),
        "2 answers came, and 1 was wanted, one for each job"
    );
    assert_eq!(
        said(|| assert_answers(&answers, &["lost", "4"])),
        r#"the answers are ["4", "lost"], and ["lost", "4"] were wanted"#
    );
}

#[test]
fn a_child_that_is_left_behind_is_told_and_ended() {
    let mut child = given("hang").expect("a shell");
    let id = child.id();
    let guard = end_later(id);
    let alive = said(|| assert_gone(id));
    assert!(alive.starts_with("a process is left behind"), "{alive}");
    drop(guard);
    let zombie = said(|| assert_gone(id));
    assert!(zombie.starts_with("a zombie is left behind"), "{zombie}");
    child.wait().expect("a child");
    assert_eq!(said(|| assert_gone(id)), "");

    let mut child = given("hang").expect("a shell");
    end_in_a_second(child.id());
    assert_eq!(signal(child.wait().expect("a child")), Some(9));
}

#[test]
fn a_roster_counts_its_workers() {
    let roster = Roster::new(2);
    let start = || roster.start().expect("a worker");
    let (mut one, mut two) = (start(), start());
    thread::scope(|scope| {
        scope.spawn(|| one.ask("double 1").expect("an answer"));
        two.ask("crash").expect_err("it has crashed");
    });
    assert_eq!(said(|| roster.assert_together()), "");
    assert_eq!(said(|| roster.assert_started(2, 0)), "");
    assert_eq!(
        said(|| roster.assert_started(2, 1)),
        "2 processes were started, and 3 were wanted, 2 and 1 in place of those that crashed: the place of a worker that crashed stays empty"
    );
    let too_many = said(|| roster.assert_started(1, 0));
    assert!(too_many.ends_with("a worker that has answered can take the next job"));
    // In the place of the one that crashed.
    let three = start();
    assert_eq!(said(|| roster.assert_started(2, 1)), "");
    assert_eq!(
        said(|| roster.assert_started(3, 0)),
        "2 processes were there at the same time, and 3 were wanted"
    );

    one.end().expect("a child");
    three.end().expect("a child");
    let zombie = said(|| roster.assert_none_left());
    assert!(zombie.starts_with("a zombie is left behind"), "{zombie}");
    two.end().expect("a child");
    assert_eq!(said(|| roster.assert_none_left()), "");
}

#[test]
fn a_slow_job_is_over_when_the_others_are_or_when_none_comes() {
    let roster = Roster::new(1);
    let ask = |jobs: &[&str]| {
        let mut worker = roster.start().expect("a worker");
        jobs.iter().for_each(|job| _ = worker.ask(job).expect("an answer"));
        worker.end().expect("a child");
    };
    thread::scope(|scope| {
        scope.spawn(|| ask(&["slow 2"]));
        ask(&["double 1", "double 2"]);
    });
    assert_eq!(said(|| roster.assert_done_meanwhile(2)), "");

    let roster = Roster::new(1);
    let mut worker = roster.start().expect("a worker");
    worker.ask("slow 1").expect("an answer");
    let waited = said(|| roster.assert_done_meanwhile(1));
    assert!(waited.starts_with("0 of 1 jobs were done"), "{waited}");
    worker.end().expect("a child");
}

#[test]
fn a_pool_that_fails_leaves_no_worker_at_work() {
    let (tell, told) = mpsc::channel();
    let answer = move |roster: &Roster| {
        let mut worker = roster.start().expect("a worker");
        tell.send(worker.ask("pid").expect("its id")).expect("who is told");
        mem::forget(worker); // as one that hangs is never dropped
        panic!("because of this");
    };
    assert_eq!(said(|| Roster::new(1).within(answer)), "because of this");
    let id = told.recv().expect("an id").parse().expect("a number");
    assert!(comes_true(|| state(id) == State::Zombie));
}
