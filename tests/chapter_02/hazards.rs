//! What goes wrong with locks: each symptom is made certain by a handshake, and only then waited for, for a bounded time.
//!
//! Threads that are stuck for ever on purpose hold nothing but what they were given, and end with the process of the tests.

use std::collections::HashSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crate::patience::{PATIENCE, ends};
use threads_and_locks::deadlock::{
    Account, both_ways, cross, transfer, transfer_in_order,
};
use threads_and_locks::events::{Event, UnlockedEvent, set_in_between};
use threads_and_locks::guards::{
    Job, held_in_else, held_in_match, peak, run, work_after_lock, work_under_lock,
};
use threads_and_locks::panic_message;
use threads_and_locks::poison::{Accounts, lock, repair, transfer_at_once};
use threads_and_locks::readers::{beside_a_writer, read_at_once, read_once, read_twice};

/// How long something is watched of which it is certain already that it will not happen.
const A_MOMENT: Duration = Duration::from_millis(200);

fn balances(a: &Account, b: &Account) -> (i64, i64) {
    (*lock(&a.balance), *lock(&b.balance))
}

#[test]
fn two_transfers_that_each_hold_one_account_are_never_done() {
    let (a, b) = (Account::new(1, 100), Account::new(2, 100));
    let (asked, ends) = cross(&a, &b);
    // Each wants what the other one holds: a circle.
    let held: Vec<_> = asked.iter().map(|asks| (asks.holds, asks.wants)).collect();
    assert_eq!(held, [(1, 2), (2, 1)]);
    assert_eq!(ends.recv_timeout(A_MOMENT), Err(RecvTimeoutError::Timeout));
    assert!(a.is_locked() && b.is_locked());
}

#[test]
fn the_transfer_that_can_deadlock_is_right_while_nobody_crosses_it() {
    let (a, b) = (Account::new(1, 100), Account::new(2, 100));
    transfer(&a, &b, 30, || assert!(a.is_locked() && !b.is_locked()));
    assert_eq!(balances(&a, &b), (70, 130));
    assert!(!a.is_locked() && !b.is_locked());
}

#[test]
fn transfers_in_one_order_of_the_locks_end_and_lose_nothing() {
    let (a, b) = (Account::new(1, 100), Account::new(2, 100));
    let (c, d) = (a.clone(), b.clone());
    ends(move || both_ways(&c, &d, 20_000));
    assert_eq!(balances(&a, &b), (100, 100));
    // The second one pays, cannot be had, and is not what is locked first: the first one is.
    let second = lock(&b.balance);
    let (c, d) = (a.clone(), b.clone());
    let (tx, done) = mpsc::channel();
    thread::spawn(move || {
        transfer_in_order(&d, &c, 5);
        let _ = tx.send(());
    });
    let began = Instant::now();
    while !a.is_locked() {
        assert!(began.elapsed() < PATIENCE, "it does not take the lower number first");
        thread::yield_now();
    }
    drop(second);
    done.recv_timeout(PATIENCE).unwrap();
    assert_eq!(balances(&a, &b), (105, 95));
}

#[test]
fn a_transfer_to_oneself_does_not_wait_for_itself() {
    let a = Account::new(1, 100);
    let same = a.clone();
    ends(move || transfer_in_order(&same, &same, 5));
    assert_eq!(*lock(&a.balance), 100);
}

#[test]
fn a_lock_held_during_a_job_makes_any_number_of_workers_one() {
    assert_eq!(peak(4, A_MOMENT, work_under_lock), 1);
}

#[test]
fn a_lock_let_go_before_a_job_lets_all_workers_run() {
    assert_eq!(ends(|| peak(4, PATIENCE, work_after_lock)), 4);
}

#[test]
fn both_ways_to_work_do_every_job_once() {
    for work in [work_under_lock, work_after_lock] {
        let (tx, rx) = mpsc::channel();
        let job = |i: usize| -> Job {
            let tx = tx.clone();
            Box::new(move || tx.send(i).unwrap())
        };
        run(3, (0..100).map(job).collect(), work);
        let done: Vec<usize> = rx.try_iter().collect();
        assert_eq!(done.len(), 100);
        assert_eq!(done.into_iter().collect::<HashSet<_>>(), (0..100).collect());
    }
}

#[test]
fn a_guard_in_the_head_lives_through_a_match_and_not_into_else() {
    let page = Mutex::new(None);
    assert!(held_in_match(&page));
    assert!(!held_in_else(&page));
    // To an inner block and to drop() the same lock is free at once.
    let looked = {
        let page = lock(&page);
        page.is_some()
    };
    assert!(!looked && page.try_lock().is_ok());
    let guard = lock(&page);
    assert!(matches!(page.try_lock(), Err(TryLockError::WouldBlock)));
    drop(guard);
    assert!(page.try_lock().is_ok());
}

fn poisoned() -> Mutex<Accounts> {
    let accounts = Mutex::new(Accounts { first: 100, second: 100 });
    let outcome = transfer_in_a_thread(&accounts, 150);
    assert_eq!(outcome, Err("the first account is overdrawn".to_owned()));
    accounts
}

/// `Err` is what a panic said.
fn transfer_in_a_thread(
    accounts: &Mutex<Accounts>,
    amount: i64,
) -> Result<Result<(), String>, String> {
    thread::scope(|scope| {
        let transfer =
            scope.spawn(|| threads_and_locks::poison::transfer(accounts, amount));
        transfer.join().map_err(|panic| panic_message(&*panic))
    })
}

#[test]
fn a_panic_half_way_poisons_the_lock_and_leaves_half_a_transfer() {
    let accounts = poisoned();
    assert!(accounts.is_poisoned());
    assert_eq!(*lock(&accounts), Accounts { first: -50, second: 100 });
    assert!(accounts.is_poisoned(), "to look behind it changes nothing");
    // The next are told, and told again.
    for _ in 0..2 {
        let refused = transfer_in_a_thread(&accounts, 10);
        let told = "poisoned lock: another task failed inside";
        assert_eq!(refused, Ok(Err(told.to_owned())));
    }
    assert_eq!(lock(&accounts).total(), 50);
}

#[test]
fn whoever_unwraps_a_poisoned_lock_panics_too() {
    let accounts = poisoned();
    let panics = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..5).map(|_| scope.spawn(|| accounts.lock().unwrap().total())).collect();
        threads.into_iter().filter_map(|thread| thread.join().err()).count()
    });
    assert_eq!(panics, 5, "one panic, and all that follow from it");
}

#[test]
fn a_repair_puts_the_data_right_and_lets_others_in() {
    let accounts = poisoned();
    repair(&accounts, Accounts { first: 100, second: 100 });
    assert!(!accounts.is_poisoned());
    assert_eq!(transfer_in_a_thread(&accounts, 10), Ok(Ok(())));
    assert_eq!(*lock(&accounts), Accounts { first: 90, second: 110 });
}

#[test]
fn a_transfer_that_changes_both_at_once_is_whole_behind_a_poisoned_lock() {
    let accounts = Mutex::new(Accounts { first: 100, second: 100 });
    let outcome =
        thread::scope(|scope| scope.spawn(|| transfer_at_once(&accounts, 150)).join());
    assert_eq!(panic_message(&*outcome.unwrap_err()), "the first account is overdrawn");
    assert!(accounts.is_poisoned(), "the lock cannot know that the data is whole");
    assert_eq!(lock(&accounts).total(), 200);
    transfer_at_once(&accounts, 10);
    assert_eq!(*lock(&accounts), Accounts { first: 90, second: 110 });
}

#[test]
fn readers_hold_the_lock_at_once_and_a_writer_holds_it_alone() {
    // Each waits for all others with its lock in hand.
    let totals = ends(|| read_at_once(&RwLock::new(vec![3, 1, 2]), 8));
    assert_eq!(totals, [6; 8]);

    let prices = RwLock::new(1);
    let reading = prices.read().unwrap();
    assert!(matches!(prices.try_write(), Err(TryLockError::WouldBlock)));
    drop(reading);
    let writing = prices.write().unwrap();
    assert!(matches!(prices.try_read(), Err(TryLockError::WouldBlock)));
    assert!(matches!(prices.try_write(), Err(TryLockError::WouldBlock)));
    drop(writing);
}

#[test]
fn only_a_writer_poisons() {
    let panics_with = |write: bool| {
        let prices = RwLock::new(1);
        let ended = thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _writing = write.then(|| prices.write().unwrap());
                let _reading = (!write).then(|| prices.read().unwrap());
                panic!("with the lock in hand");
            });
            holder.join()
        });
        ended.unwrap_err();
        prices.is_poisoned()
    };
    assert!(!panics_with(false));
    assert!(panics_with(true));
}

#[test]
fn a_reader_that_locks_twice_waits_for_the_writer_that_waits_for_it() {
    let (refused, answers) = beside_a_writer(read_twice, Duration::from_secs(10));
    if cfg!(target_os = "linux") {
        assert!(refused, "readers have passed the writer");
    }
    if refused {
        // Readers that come now wait behind the writer, and so does this one: it hangs, or it panics, as std says it may.
        answers.recv_timeout(A_MOMENT).unwrap_err();
    } else {
        // Readers go first here, so that nothing hangs.
        assert_eq!(answers.recv_timeout(PATIENCE), Ok((3, 6)));
    }
}

#[test]
fn a_reader_that_locks_once_has_its_answer_while_the_writer_waits() {
    let (refused, answers) = beside_a_writer(read_once, Duration::from_secs(10));
    if cfg!(target_os = "linux") {
        assert!(refused, "readers have passed the writer");
    }
    assert_eq!(answers.recv_timeout(PATIENCE), Ok((3, 6)));
}

#[test]
fn an_event_lets_all_go_on_and_keeps_the_door_open() {
    let event = Arc::new(Event::default());
    let (tx, went_on) = mpsc::channel();
    for tx in vec![tx; 3] {
        let event = event.clone();
        thread::spawn(move || {
            event.wait();
            tx.send(()).unwrap();
        });
    }
    assert!(!event.is_set());
    assert_eq!(went_on.recv_timeout(A_MOMENT), Err(RecvTimeoutError::Timeout));
    event.set();
    for _ in 0..3 {
        went_on.recv_timeout(PATIENCE).unwrap();
    }
    assert!(event.is_set());
    assert!(event.wait_timeout(Duration::ZERO), "it needs no second set");
    event.clear();
    assert!(!event.is_set());
    assert!(!event.wait_timeout(Duration::from_millis(1)));
}

#[test]
fn an_event_that_is_set_during_the_wait_ends_it() {
    let event = Arc::new(Event::default());
    let waiting = event.clone();
    let (tx, answer) = mpsc::channel();
    thread::spawn(move || tx.send(waiting.wait_timeout(PATIENCE)));
    event.set();
    assert_eq!(answer.recv_timeout(PATIENCE), Ok(true));
}

/// Each notification without a change of the flag is what a spurious wake-up looks like.
#[test]
fn a_wake_up_without_a_reason_does_not_end_the_wait() {
    let (flag, changed) = (Mutex::new(false), Condvar::new());
    let (tx, looks) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let waited = changed.wait_while(lock(&flag), |flag| {
                tx.send(*flag).unwrap();
                !*flag
            });
            assert!(*waited.unwrap());
        });
        // It has looked, and holds the lock until it sleeps; so whoever gets the lock finds it asleep.
        for _ in 0..3 {
            assert_eq!(looks.recv_timeout(PATIENCE), Ok(false));
            drop(lock(&flag));
            changed.notify_all();
        }
        assert_eq!(looks.recv_timeout(PATIENCE), Ok(false));
        *lock(&flag) = true;
        changed.notify_all();
        assert_eq!(looks.recv_timeout(PATIENCE), Ok(true));
    });
}

#[test]
fn nothing_comes_between_the_look_and_the_wait_when_the_flag_is_behind_the_lock() {
    let (flag, changed) = (Mutex::new(false), Condvar::new());
    let waited = changed.wait_timeout_while(lock(&flag), Duration::ZERO, |flag_now| {
        // Another thread asks for the lock at this very moment.
        let refused = thread::scope(|scope| {
            scope.spawn(|| flag.try_lock().is_err()).join().unwrap()
        });
        assert!(refused);
        !*flag_now
    });
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}

#[test]
fn a_wake_up_between_the_look_and_the_wait_is_lost_when_the_flag_is_not() {
    let event = UnlockedEvent::default();
    assert!(set_in_between(&event, A_MOMENT), "it waits on");
    assert!(event.is_set(), "for what has happened already");
    // Whoever looks after that does not wait at all.
    assert!(!set_in_between(&event, PATIENCE));
}
