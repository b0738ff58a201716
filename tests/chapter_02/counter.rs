//! The counter: what is exact, what is lost, and what may cross to another thread.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, mpsc};
use std::thread;

use threads_and_locks::counter::{
    Classic, Meetings, apply, apply_atomic, count_apart, count_atomic, count_load_store,
    count_locked, count_locked_twice, count_the_classic_way, lose_one,
};

#[test]
fn three_ways_are_exact_whatever_the_threads_do() {
    for count in [count_locked, count_atomic, count_apart] {
        for (threads, increments, total) in
            [(1, 0, 0), (1, 1, 1), (8, 1_000_000, 8_000_000)]
        {
            assert_eq!(count(threads, increments), total, "{threads} x {increments}");
        }
    }
}

#[test]
fn one_thread_loses_nothing_in_two_steps() {
    assert_eq!(count_load_store(1, 20_000, || {}), 20_000);
    assert_eq!(count_locked_twice(1, 20_000, || {}), 20_000);
}

/// Repeated, since a result that depends on luck would not come fifty times.
#[test]
fn when_both_read_before_either_writes_one_of_two_is_lost() {
    for _ in 0..50 {
        assert_eq!(lose_one(|between| count_load_store(2, 1, between)), 1);
        assert_eq!(lose_one(|between| count_locked_twice(2, 1, between)), 1);
    }
}

/// The repair that suggests itself for the wrong turn `counter_in_many_closures`.
#[test]
#[expect(unused_assignments, reason = "the compiler warns of what the test shows")]
fn with_move_each_thread_counts_in_a_copy_of_its_own() {
    let mut counter = 0;
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(move || counter += 1);
        }
    });
    assert_eq!(counter, 0);
    counter += 1;
    assert_eq!(counter, 1, "it could be changed here, and was not changed there");
}

#[test]
fn a_meeting_is_noted_by_whoever_comes_second() {
    let meetings = Meetings::default();
    meetings.watch(|| {});
    meetings.watch(|| {});
    assert_eq!(meetings.met(), 0, "one after another");

    let all_at_work = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                meetings.watch(|| {
                    all_at_work.wait();
                });
            });
        }
    });
    assert_eq!(meetings.met(), 2, "all at once: the first has met nobody");
}

#[test]
fn the_classic_loses_nothing_where_nobody_meets() {
    assert_eq!(count_the_classic_way(1), Classic { count: 1, met: 0 });
    for _ in 0..5 {
        let Classic { count, met } = count_the_classic_way(200);
        assert!((1..=200).contains(&count), "{count}");
        assert!(count == 200 || met > 0, "{} lost, and nobody met", 200 - count);
    }
}

#[test]
fn one_critical_section_is_closed_to_others_between_read_and_write() {
    let counter = Mutex::new(5);
    apply(&counter, |count| {
        assert!(counter.try_lock().is_err(), "another thread could have the lock now");
        count + 1
    });
    assert_eq!(counter.into_inner().unwrap(), 6);
}

#[test]
fn an_atomic_change_that_comes_too_late_is_made_again_from_what_is_there() {
    let counter = AtomicU64::new(5);
    let seen = RefCell::new(Vec::new());
    apply_atomic(&counter, |count| {
        if seen.borrow().is_empty() {
            // What a faster thread would do.
            counter.store(100, Ordering::Relaxed);
        }
        seen.borrow_mut().push(count);
        count + 1
    });
    assert_eq!(counter.into_inner(), 101, "the other one's change is kept");
    let mut seen = seen.into_inner();
    seen.dedup(); // an exchange may fail for no reason, and be tried again
    assert_eq!(seen, [5, 100]);
}

#[test]
fn any_change_by_many_threads_is_kept() {
    let (locked, atomic) = (Mutex::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    apply(&locked, |count| count + 3);
                    apply_atomic(&atomic, |count| count + 3);
                }
            });
        }
    });
    assert_eq!(locked.into_inner().unwrap(), 60_000);
    assert_eq!(atomic.into_inner(), 60_000);
}

/// Asks the compiler about `T`. Where a bound below holds, its constant hides the one of the trait.
struct Ask<T>(PhantomData<T>);

trait Otherwise {
    const SEND: &str = "no";
    const SYNC: &str = "no";
}

impl<T> Otherwise for Ask<T> {}

impl<T: Send> Ask<T> {
    const SEND: &str = "yes";
}

impl<T: Sync> Ask<T> {
    const SYNC: &str = "yes";
}

macro_rules! answers {
    ($($name:literal: $type:ty,)*) => {
        [$(($name, Ask::<$type>::SEND, Ask::<$type>::SYNC)),*]
    };
}

/// The table of the page `send-and-sync.md`, row by row, is what the compiler says.
#[test]
fn the_table_of_send_and_sync_is_that_of_the_compiler() {
    let answers = answers! {
        "`u64`, `String`, `Vec<u64>`": (u64, String, Vec<u64>),
        "`Rc<T>`": Rc<u64>,
        "`Arc<T>`": Arc<u64>,
        "`Cell<T>`": Cell<u64>,
        "`RefCell<T>`": RefCell<u64>,
        "`AtomicU64`": AtomicU64,
        "`Mutex<T>`": Mutex<u64>,
        "`MutexGuard<T>`": MutexGuard<'static, u64>,
        "`mpsc::Sender<T>`": mpsc::Sender<u64>,
        "`mpsc::Receiver<T>`": mpsc::Receiver<u64>,
        "`crossbeam_channel::Receiver<T>`": crossbeam_channel::Receiver<u64>,
        "`*const T`, `*mut T`": (*const u64, *mut u64),
    };
    let page = include_str!("../../book/02-threads-and-locks/send-and-sync.md");
    let rows: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with("| type | `Send` | `Sync` |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), answers.len(), "{rows:#?}");
    for (row, (name, send, sync)) in rows.iter().zip(answers) {
        let said = format!("| {name} | {send} | {sync} |");
        assert!(row.starts_with(&said), "the compiler says {said}\nthe page {row}");
    }
}

/// What the page says of types in general, for one that is and one that is not.
#[test]
fn what_holds_of_a_part_holds_of_the_whole() {
    let answers = answers! {
        "a reference may be sent if what it leads to may be shared": &'static u64,
        "a Cell may not be shared, so a reference to it may not be sent": &'static Cell<u64>,
        "a &mut may be sent if what it leads to may be sent": &'static mut Cell<u64>,
        "an Arc does not help what is inside it": Arc<RefCell<u64>>,
        "nor does a Mutex, if that may not be sent": Mutex<Rc<u64>>,
        "a Mutex makes what may only be sent one that may be shared": Arc<Mutex<Cell<u64>>>,
        "one part is enough": (u64, Rc<u64>),
    };
    let holds: Vec<_> = answers.iter().map(|&(_, send, sync)| (send, sync)).collect();
    assert_eq!(
        holds,
        [
            ("yes", "yes"),
            ("no", "no"),
            ("yes", "no"),
            ("no", "no"),
            ("no", "no"),
            ("yes", "yes"),
            ("no", "no"),
        ],
        "{answers:#?}"
    );
}
