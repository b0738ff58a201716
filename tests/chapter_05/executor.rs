//! The executor from nothing: what it polls, how often, on which thread, and what it cannot wake.

use std::future;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use asynchronous::executor::{Executor, Timer, Turn, leave_no_waker, wake_at_once};

use crate::patience::ends;

fn turn(task: usize, polls: usize, done: bool) -> Turn {
    Turn { task, polls, done }
}

/// A future that hands out its waker at each poll, and is ready at the poll of this number.
fn ready_at(
    poll: usize,
    wakers: mpsc::Sender<Waker>,
) -> impl Future<Output = ()> + Send + 'static {
    let mut polls = 0;
    future::poll_fn(move |context| {
        polls += 1;
        let _ = wakers.send(context.waker().clone());
        if polls == poll { Poll::Ready(()) } else { Poll::Pending }
    })
}

#[test]
fn a_wait_is_polled_exactly_twice_and_the_shorter_one_is_done_first() {
    let turns: Vec<Turn> = ends(|| {
        let (mut executor, timer) = (Executor::new(), Timer::start().unwrap());
        // Far enough apart for a busy machine; the number of polls does not depend on it.
        executor.spawn(timer.sleep(Duration::from_millis(300)));
        executor.spawn(timer.sleep(Duration::from_millis(20)));
        executor.turns().collect()
    });
    let expected =
        [turn(1, 1, false), turn(2, 1, false), turn(2, 2, true), turn(1, 2, true)];
    assert_eq!(turns, expected);
}

#[test]
fn a_hundred_waits_are_polled_twice_each() {
    let turns: Vec<Turn> = ends(|| {
        let (mut executor, timer) = (Executor::new(), Timer::start().unwrap());
        for i in 0..100 {
            executor.spawn(timer.sleep(Duration::from_millis(i % 7)));
        }
        executor.turns().collect()
    });
    assert_eq!(turns.len(), 200);
    assert_eq!(turns.iter().filter(|turn| turn.done && turn.polls == 2).count(), 100);
}

#[test]
fn a_future_is_not_touched_before_the_first_turn_and_then_on_our_thread_only() {
    ends(|| {
        let polled_on = Arc::new(Mutex::new(Vec::new()));
        let (wakers, woken) = mpsc::channel();
        let mut executor = Executor::new();
        for _ in 0..2 {
            let (polled_on, wakers) = (Arc::clone(&polled_on), wakers.clone());
            executor.spawn(async move {
                polled_on.lock().unwrap().push(thread::current().id());
                ready_at(2, wakers).await;
                polled_on.lock().unwrap().push(thread::current().id());
            });
        }
        assert!(polled_on.lock().unwrap().is_empty());
        let mut turns = executor.turns();
        assert!(polled_on.lock().unwrap().is_empty());
        assert_eq!(turns.next(), Some(turn(1, 1, false)));
        assert_eq!(turns.next(), Some(turn(2, 1, false)));
        // Woken by another thread, polled by this one.
        thread::spawn(move || woken.into_iter().take(2).for_each(Waker::wake))
            .join()
            .unwrap();
        assert_eq!(turns.next(), Some(turn(1, 2, true)));
        assert_eq!(turns.next(), Some(turn(2, 2, true)));
        drop(wakers);
        assert_eq!(turns.next(), None);
        assert_eq!(*polled_on.lock().unwrap(), [thread::current().id(); 4]);
    });
}

#[test]
fn a_future_without_a_waker_is_polled_once_and_dropped() {
    let held = Arc::new(());
    let theirs = Arc::clone(&held);
    let mut executor = Executor::new();
    executor.spawn(async move {
        leave_no_waker().await;
        drop(theirs);
    });
    assert_eq!(Arc::strong_count(&held), 2);
    let turns: Vec<Turn> = ends(move || executor.turns().collect());
    assert_eq!(turns, [turn(1, 1, false)]);
    assert_eq!(Arc::strong_count(&held), 1, "nothing could wake it: it is gone");
}

#[test]
fn whoever_has_the_waker_keeps_the_task() {
    ends(|| {
        let (wakers, woken) = mpsc::channel();
        let mut executor = Executor::new();
        executor.spawn(ready_at(2, wakers));
        let mut turns = executor.turns();
        assert_eq!(turns.next(), Some(turn(1, 1, false)));
        // The executor has nothing in its queue now, and waits for this one.
        let waker = woken.recv().unwrap();
        let next = thread::spawn(move || turns.next());
        waker.wake();
        assert_eq!(next.join().unwrap(), Some(turn(1, 2, true)));
    });
}

#[test]
fn a_future_that_wakes_itself_is_polled_without_end_and_others_get_their_turn() {
    let mut executor = Executor::new();
    executor.spawn(wake_at_once(Instant::now() + Duration::from_hours(1)));
    executor.spawn(wake_at_once(Instant::now() + Duration::from_hours(1)));
    let turns: Vec<Turn> = ends(move || executor.turns().take(10_000).collect());
    assert!(turns.iter().all(|turn| !turn.done));
    assert_eq!(turns[9_998..], [turn(1, 5_000, false), turn(2, 5_000, false)]);

    let mut executor = Executor::new();
    executor.spawn(wake_at_once(Instant::now()));
    assert!(ends(|| executor.turns().eq([turn(1, 1, true)])));
}

#[test]
fn woken_twice_is_polled_twice_and_never_after_the_end() {
    ends(|| {
        let (wakers, woken) = mpsc::channel();
        let mut executor = Executor::new();
        executor.spawn(ready_at(3, wakers));
        let mut turns = executor.turns();
        assert_eq!(turns.next(), Some(turn(1, 1, false)));
        let waker = woken.recv().unwrap();
        for _ in 0..4 {
            waker.wake_by_ref();
        }
        drop((waker, woken));
        assert_eq!(turns.next(), Some(turn(1, 2, false)));
        assert_eq!(turns.next(), Some(turn(1, 3, true)));
        assert_eq!(turns.next(), None);
    });
}
