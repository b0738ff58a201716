//! The pool over pipes: who did which job, how many at once, in which order, and how far ahead.

use std::collections::BTreeSet;
use std::io::{self, Cursor, ErrorKind};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;

use crate::patience::{PATIENCE, ends};
use lab::slow_web::SlowWeb;
use processes::{
    FetchErrorKind, JobLost, ProcessPool, Serve, Task, Url, Worker, crunch_all,
    fetch_all, frame, make_clients,
};

pub(crate) const TASKS: [&dyn Serve; 2] = [&PID, &ECHO];

const PID: Task<(), u32> = Task::new("pid", |()| process::id());
const ECHO: Task<String, String> = Task::new("echo", |text| text);

/// The processes that serve `workers` jobs at once: the jobs meet, so no worker does two of them.
pub(crate) fn who_serve(pool: &ProcessPool) -> BTreeSet<u32> {
    let meet = Arc::new(Barrier::new(pool.workers()));
    let pids = pool.map(vec![meet; pool.workers()], |worker, meet| {
        meet.wait();
        worker.call(&PID, &())
    });
    pids.into_iter().map(Result::unwrap).collect()
}

/// A door, and something that many can wait behind: `recv` fails when the door is dropped.
fn a_door() -> (mpsc::Sender<()>, Arc<Mutex<mpsc::Receiver<()>>>) {
    let (door, closed) = mpsc::channel();
    (door, Arc::new(Mutex::new(closed)))
}

#[test]
fn no_workers_are_an_error() {
    assert_eq!(ProcessPool::new(0).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn each_worker_is_a_process_of_its_own_and_does_jobs() {
    let (pids, ids) = ends(|| {
        let pool = ProcessPool::new(3).unwrap();
        let meet = Arc::new(Barrier::new(3));
        let ids = pool.map(vec![meet; 3], |worker, meet| {
            meet.wait();
            Ok(worker.id().unwrap())
        });
        (who_serve(&pool), ids.into_iter().map(Result::unwrap).collect())
    });
    assert_eq!(pids.len(), 3);
    assert!(!pids.contains(&process::id()));
    assert_eq!(pids, ids, "the process that answers is the child");
}

#[test]
fn map_keeps_the_order_of_the_items() {
    let (reversed, squares) = ends(|| {
        let pool = ProcessPool::new(2).unwrap();
        // The first is done only when the second is.
        let (tell, told) = mpsc::channel();
        let (tell, told) = (Mutex::new(tell), Mutex::new(told));
        let reversed = pool.map(["first", "second"], move |worker, item| {
            if item == "first" {
                told.lock().unwrap().recv().unwrap();
            }
            let echo = worker.call(&ECHO, &item.to_owned());
            if item == "second" {
                tell.lock().unwrap().send(()).unwrap();
            }
            echo
        });
        (reversed, pool.map(0..100_u8, |worker, n| worker.call(&ECHO, &n.to_string())))
    });
    assert_eq!(reversed, [Ok("first".to_owned()), Ok("second".to_owned())]);
    let expected: Vec<_> = (0..100).map(|n: u8| Ok(n.to_string())).collect();
    assert_eq!(squares, expected);
}

#[test]
fn as_many_are_in_flight_as_there_are_workers_and_never_more() {
    // Answers come by threes, so three must be in flight; a fourth would be seen.
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 12])
        .barrier(3, PATIENCE)
        .start()
        .unwrap();
    let urls = web.urls();
    let results = ends(move || fetch_all(&ProcessPool::new(3).unwrap(), PATIENCE, &urls));
    let asked: Vec<_> = results.into_iter().map(|result| result.unwrap().url).collect();
    assert_eq!(asked, web.urls());
    assert_eq!(web.peak_in_flight(), 3);
}

#[test]
fn a_barrier_of_more_than_the_workers_is_never_passed() {
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 3])
        .barrier(3, Duration::from_millis(100))
        .start()
        .unwrap();
    let urls = web.urls();
    let results = ends(move || {
        let pool = ProcessPool::new(2).unwrap();
        // Else a client is made first, and its fetch may be late at the barrier.
        make_clients(&pool, PATIENCE).unwrap();
        fetch_all(&pool, PATIENCE, &urls)
    });
    for result in results {
        assert_eq!(result.unwrap_err().kind, FetchErrorKind::Status(503));
    }
    assert_eq!(web.peak_in_flight(), 2);
}

#[test]
fn a_site_that_fails_is_an_error_in_its_place() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [
        web.url("/site-1"),
        web.url("/status/404"),
        web.refused_url(),
        web.url("/site-2"),
    ];
    let asked = urls.clone();
    let results = ends(move || fetch_all(&ProcessPool::new(2).unwrap(), PATIENCE, &urls));
    let kinds: Vec<_> = results
        .into_iter()
        .zip(&asked)
        .map(|(result, url)| match result {
            Ok(page) => (page.url == *url).then_some(None),
            Err(error) => (error.url == *url).then_some(Some(error.kind)),
        })
        .collect();
    let (refused, missing) = (FetchErrorKind::Refused, FetchErrorKind::Status(404));
    assert_eq!(kinds, [Some(None), Some(Some(missing)), Some(Some(refused)), Some(None)]);
}

/// The client of a worker is kept; the timeout that it was made with must not be.
#[test]
fn each_fetch_has_the_timeout_that_it_was_given() {
    let web = SlowWeb::builder().start().unwrap();
    let silent: [Url; 1] = [web.url("/never")];
    let well = [web.url("/delay/20")];
    let kinds = ends(move || {
        let pool = ProcessPool::new(1).unwrap();
        [(PATIENCE, &well), (Duration::from_millis(20), &silent), (PATIENCE, &well)].map(
            |(timeout, urls)| {
                fetch_all(&pool, timeout, urls)
                    .pop()
                    .unwrap()
                    .err()
                    .map(|error| error.kind)
            },
        )
    });
    assert_eq!(kinds, [None, Some(FetchErrorKind::Timeout), None]);
}

#[test]
fn the_primes_are_counted_in_the_order_of_the_chunks() {
    let chunks = [0..100, 100..1000, 0..10, 5..5];
    let counts = ends(move || crunch_all(&ProcessPool::new(2).unwrap(), &chunks));
    assert_eq!(counts, Ok(vec![25, 143, 4, 0]));
}

#[test]
fn an_argument_and_a_result_may_be_large() {
    let text = "7".repeat(5 << 20);
    let echo = ends(move || {
        let echo = Worker::start().unwrap().call(&ECHO, &text).unwrap();
        (echo == text, echo.len())
    });
    assert_eq!(echo, (true, 5 << 20), "far beyond what a pipe holds");
}

// Back-pressure:

#[test]
fn submit_waits_where_the_queue_is_full() {
    let (tell, told) = mpsc::channel();
    let (door, closed) = a_door();
    let (at_work, jobs_begun) = mpsc::channel();
    let pool = ProcessPool::new(2).unwrap();
    let submitting = std::thread::spawn(move || {
        for n in 0..6 {
            let (closed, at_work) = (Arc::clone(&closed), at_work.clone());
            pool.submit(move |_| {
                at_work.send(n).unwrap();
                let _ = closed.lock().unwrap().recv();
                Ok(())
            });
            tell.send(n).unwrap();
        }
        pool.shutdown();
    });
    // Two at the workers, two in the queue. The fifth has no place.
    assert_eq!(
        BTreeSet::from([0, 1]),
        (0..2).map(|_| jobs_begun.recv_timeout(PATIENCE).unwrap()).collect()
    );
    for n in 0..4 {
        assert_eq!(told.recv_timeout(PATIENCE), Ok(n));
    }
    let fifth = told.recv_timeout(Duration::from_millis(50));
    assert_eq!(fifth, Err(mpsc::RecvTimeoutError::Timeout), "nobody opened the door");
    drop(door);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(4));
    ends(move || submitting.join().unwrap());
    assert_eq!(jobs_begun.iter().count(), 4, "what is queued is done");
}

/// Items that count how many of them were taken.
fn counted(items: usize) -> (impl Iterator<Item = usize> + Send, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    (
        (0..items).inspect(move |_| {
            count.fetch_add(1, SeqCst);
        }),
        taken,
    )
}

#[test]
fn results_come_as_they_complete_and_items_are_taken_a_stated_number_ahead() {
    let most = ends(|| {
        let pool = ProcessPool::new(2).unwrap();
        let (items, taken) = counted(10_000);
        let mut results = pool.as_completed(items, |_, n| Ok(n));
        assert_eq!(taken.load(SeqCst), 0, "nothing begins before the first next");
        let (mut seen, mut most) = (BTreeSet::new(), 0);
        for (position, result) in results.by_ref() {
            assert_eq!(result, Ok(position));
            most = most.max(taken.load(SeqCst) - seen.len());
            assert!(seen.insert(position), "{position} came twice");
        }
        assert_eq!(seen.len(), 10_000);
        assert_eq!(results.next(), None, "and it stays at its end");
        most
    });
    assert_eq!(most, 4, "two at the workers, two in the queue");
}

#[test]
fn the_second_is_yielded_before_the_first_is_done() {
    let order = ends(|| {
        let pool = ProcessPool::new(2).unwrap();
        let (tell, told) = mpsc::channel();
        let told = Mutex::new(told);
        let mut results = pool.as_completed(0..5_u8, move |worker, n| {
            if n == 0 {
                told.lock().unwrap().recv().unwrap();
            }
            worker.call(&ECHO, &n.to_string())
        });
        let early: BTreeSet<_> = results.by_ref().take(4).map(|(n, _)| n).collect();
        tell.send(()).unwrap();
        (early, results.map(|(n, _)| n).collect::<Vec<_>>())
    });
    assert_eq!(order, (BTreeSet::from([1, 2, 3, 4]), vec![0]));
}

#[test]
fn whoever_leaves_early_leaves_nothing_stuck() {
    let (taken, served) = ends(|| {
        let pool = ProcessPool::new(2).unwrap();
        let (items, taken) = counted(1_000_000);
        let first = pool.as_completed(items, |worker, _| worker.call(&PID, &())).next();
        assert!(first.unwrap().1.is_ok());
        (taken.load(SeqCst), who_serve(&pool).len())
    });
    assert_eq!((taken, served), (4, 2), "and 999,996 items were never taken");
}

#[test]
fn no_items_are_no_results_and_not_a_wait_for_ever() {
    let counts = ends(|| {
        let pool = ProcessPool::new(1).unwrap();
        let none = pool.as_completed(Vec::<u32>::new(), |_, n| Ok(n)).count();
        (none, pool.map(Vec::<u32>::new(), |_, n| Ok(n)).len())
    });
    assert_eq!(counts, (0, 0));
}

#[test]
fn a_panic_in_the_parent_is_the_error_of_its_job_and_costs_no_worker() {
    let (before, results, after) = ends(|| {
        let pool = ProcessPool::new(2).unwrap();
        let before = who_serve(&pool);
        let results = pool.map(0..4, |_, n| {
            assert!(n != 2, "{n} on purpose");
            Ok(n)
        });
        (before, results, who_serve(&pool))
    });
    let panicked = JobLost::Panicked("2 on purpose".to_owned());
    assert_eq!(results, [Ok(0), Ok(1), Err(panicked), Ok(3)]);
    assert_eq!(before, after, "the same processes serve as before");
}

/// A result whose drop panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "on purpose");
    }
}

#[test]
fn a_result_that_panics_as_it_is_thrown_away_costs_no_worker() {
    let after = ends(|| {
        let pool = ProcessPool::new(1).unwrap();
        let (go, wait) = mpsc::channel::<()>();
        drop(pool.submit(move |_| {
            wait.recv().unwrap_err();
            Ok(Bomb)
        }));
        drop(go);
        pool.submit(|worker| worker.call(&PID, &())).join()
    });
    assert!(after.is_ok());
}

#[test]
fn a_wait_with_a_timeout_gives_the_handle_back_and_then_the_result() {
    let pool = ProcessPool::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    let job = pool.submit(move |_| Ok(told.recv().unwrap()));
    let job = job.join_timeout(Duration::from_millis(1)).unwrap_err();
    tell.send("at last").unwrap();
    assert_eq!(job.join_timeout(PATIENCE).unwrap(), Ok("at last"));
}

#[test]
fn a_pool_dropped_in_one_of_its_own_jobs_does_not_hang() {
    let (tell, told) = mpsc::channel();
    let pool = Arc::new(ProcessPool::new(2).unwrap());
    let (ours_is_gone, gone) = mpsc::channel::<()>();
    let own = Arc::clone(&pool);
    pool.submit(move |_| {
        gone.recv().unwrap_err();
        drop(own);
        tell.send(()).unwrap();
        Ok(())
    });
    drop(pool);
    drop(ours_is_gone);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
}

// Frames:

/// The bytes of one message.
fn framed(number: u64, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, number, message).unwrap();
    bytes
}

fn read(bytes: &[u8], number: u64) -> io::Result<Option<Vec<u8>>> {
    frame::read(&mut Cursor::new(bytes), number)
}

#[test]
fn a_message_comes_as_it_went_and_the_end_is_between_two() {
    for message in [&b""[..], b"a", &vec![0; 70_000]] {
        assert_eq!(read(&framed(7, message), 7).unwrap(), Some(message.to_vec()));
    }
    assert_eq!(read(b"", 1).unwrap(), None);
    let two = [framed(1, b"a"), framed(2, b"b")].concat();
    let mut two = Cursor::new(&two[..]);
    for (number, expected) in [(1, Some(&b"a"[..])), (2, Some(b"b")), (3, None)] {
        assert_eq!(frame::read(&mut two, number).unwrap().as_deref(), expected);
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_no_message() {
    let whole = framed(1, b"hello");
    for cut in 1..whole.len() {
        let error = read(&whole[..cut], 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "after {cut} bytes");
    }
}

#[test]
fn what_is_no_message_is_invalid_and_asks_for_no_memory() {
    let four_gigabytes = [&1_u64.to_le_bytes()[..], &u32::MAX.to_le_bytes()].concat();
    let just_too_long =
        [&1_u64.to_le_bytes()[..], &(64_u32 << 20 | 1).to_le_bytes()].concat();
    for (what, bytes) in [
        ("a line", b"hello there\n".to_vec()),
        ("four gigabytes", four_gigabytes),
        ("a byte more than the longest", just_too_long),
        ("another answer", framed(2, b"hello")),
        ("bytes before it", [&b"ab"[..], &framed(1, b"hello")].concat()),
    ] {
        let error = read(&bytes, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{what}");
    }
    let mut nothing = Vec::new();
    let too_long = vec![0; frame::LONGEST + 1];
    let refused = frame::write(&mut nothing, 1, &too_long).unwrap_err();
    assert_eq!((refused.kind(), nothing.len()), (ErrorKind::InvalidInput, 0));
}
