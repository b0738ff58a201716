//! A guard that lives across an await, and tasks that nobody waits for.

use std::pin::pin;
use std::sync::Mutex;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use asynchronous::pitfalls::{
    Event, add_after, add_held, add_in_turn, count_then_wait, drop_the_set, ends_within,
    forget, forget_a_panic, forget_and_leave,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::patience::{PATIENCE, ends};

/// A part to add, and what makes it ready.
fn part() -> (oneshot::Sender<u64>, impl Future<Output = u64> + Send) {
    let (send, answer) = oneshot::channel();
    (send, async { answer.await.unwrap() })
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_std_guard_stays_locked_while_its_future_is_suspended() {
    let total = Mutex::new(0);
    let (send, answer) = part();
    let mut held = pin!(add_held(&total, answer));
    assert!(total.try_lock().is_ok(), "not before the first poll");
    assert!(poll(held.as_mut()).is_pending());
    assert!(total.try_lock().is_err(), "nobody runs, and it is locked");
    send.send(3).unwrap();
    assert!(poll(held).is_ready());
    assert_eq!(*total.try_lock().unwrap(), 3);
}

#[test]
fn whoever_asks_meanwhile_is_blocked_with_its_thread_until_the_future_is_gone() {
    let total = Mutex::new(0);
    let (_first, answer) = part();
    let mut holder = Box::pin(add_held(&total, answer));
    assert!(poll(holder.as_mut()).is_pending());
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (send, answer) = part();
            send.send(5).unwrap();
            tell.send("asks").unwrap();
            // On a thread of its own it may wait; on the holder's thread this would be for ever.
            let ended = poll(pin!(add_held(&total, answer)));
            tell.send(if ended.is_ready() { "done" } else { "pending" }).unwrap();
        });
        assert_eq!(told.recv_timeout(PATIENCE), Ok("asks"));
        assert!(told.try_recv().is_err());
        drop(holder);
        assert_eq!(told.recv_timeout(PATIENCE), Ok("done"));
    });
    assert_eq!(total.into_inner().unwrap(), 5);
}

#[test]
fn locked_after_the_await_or_in_a_block_it_is_free_during_the_wait() {
    let total = Mutex::new(0);
    let (send, answer) = part();
    let mut after = pin!(add_after(&total, answer));
    assert!(poll(after.as_mut()).is_pending());
    assert!(total.try_lock().is_ok());
    send.send(3).unwrap();
    assert!(poll(after).is_ready());
    assert_eq!(*total.try_lock().unwrap(), 3);

    let asked = Mutex::new(0);
    let (send, answer) = part();
    let mut counted = pin!(count_then_wait(&asked, answer));
    assert!(poll(counted.as_mut()).is_pending());
    assert_eq!(*asked.try_lock().unwrap(), 1);
    send.send(7).unwrap();
    assert_eq!(poll(counted), Poll::Ready(7));
}

#[test]
fn without_a_guard_across_the_await_a_future_may_be_sent() {
    fn may_be_sent<T: Send>(_: T) {}
    let (total, asked) = (Mutex::new(0), Mutex::new(0));
    may_be_sent(add_after(&total, part().1));
    may_be_sent(count_then_wait(&asked, part().1));
    may_be_sent(add_in_turn(&tokio::sync::Mutex::new(0), part().1));
}

#[test]
fn whoever_waits_for_a_tokio_mutex_gives_its_thread_back() {
    let total = tokio::sync::Mutex::new(0);
    let ((first, one), (second, other)) = (part(), part());
    let mut holder = pin!(add_in_turn(&total, one));
    let mut waiter = pin!(add_in_turn(&total, other));
    assert!(poll(holder.as_mut()).is_pending());
    assert!(poll(waiter.as_mut()).is_pending(), "and not blocked: we are here");
    second.send(2).unwrap();
    assert!(poll(waiter.as_mut()).is_pending(), "its part is there, the lock is not");
    first.send(1).unwrap();
    assert!(poll(holder).is_ready());
    assert!(poll(waiter).is_ready());
    assert_eq!(*total.try_lock().unwrap(), 3);
}

#[test]
fn two_on_one_thread_hang_and_are_found_out() {
    let both_held = |deadline| {
        ends_within(deadline, || async {
            let total = Mutex::new(0);
            let part = || async {
                tokio::task::yield_now().await;
                1
            };
            tokio::join!(add_held(&total, part()), add_held(&total, part()));
        })
    };
    assert_eq!(both_held(Duration::from_millis(200)), None);
    let both_after = ends_within(PATIENCE, || async {
        let total = Mutex::new(0);
        tokio::join!(add_after(&total, async { 1 }), add_after(&total, async { 1 }));
        total.into_inner().unwrap()
    });
    assert_eq!(both_after, Some(2));
}

fn runtimes() -> [Runtime; 2] {
    let mut many = Builder::new_multi_thread();
    [Builder::new_current_thread().build(), many.worker_threads(2).build()]
        .map(Result::unwrap)
}

#[test]
fn a_task_outlives_its_handle_and_not_its_runtime() {
    for runtime in runtimes() {
        let ends = ends(move || (runtime.block_on(forget()), forget_and_leave(runtime)));
        assert_eq!(ends, (Some(Event::Finished), Some(Event::Dropped)));
    }
}

#[test]
fn a_panic_ends_its_task_alone_and_is_an_error_only_for_who_awaits_the_handle() {
    for runtime in runtimes() {
        let (end, asked, after) = ends(move || {
            runtime.block_on(async {
                let end = forget_a_panic().await;
                let asked = tokio::spawn(async { panic!("somebody asks") }).await;
                (end, asked, forget().await)
            })
        });
        assert_eq!(end, Some(Event::Panicked));
        assert!(asked.unwrap_err().is_panic());
        assert_eq!(after, Some(Event::Finished), "the runtime goes on");
    }
}

#[test]
fn a_join_set_drops_its_tasks_with_it() {
    for runtime in runtimes() {
        let end = ends(move || runtime.block_on(drop_the_set()));
        assert_eq!(end, Some(Event::Dropped));
    }
}
