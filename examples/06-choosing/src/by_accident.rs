//! What runs at once, and what a lock around each step does not make safe.
//!
//! [`visit_in_two`] is wrong on purpose: it compiles, and loses visits.

use std::collections::BTreeMap;
use std::hint;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

// Whether poisoned or not: no thread here can leave a count half changed.
use threads_and_locks::poison::lock;

/// How often each page was visited, counted by many threads.
pub type Visits = Mutex<BTreeMap<&'static str, u64>>;

/// How many questions another thread answers while both run, and neither sleeps or waits
/// for the system.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn answered(questions: u64, patience: Duration) -> usize {
    let (asked, given) = (AtomicU64::new(0), AtomicU64::new(0));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Relaxed) {
                given.store(asked.load(Relaxed), Relaxed);
            }
        });
        let ask = |question: &u64| {
            asked.store(*question, Relaxed);
            answer_within(patience, || given.load(Relaxed) == *question)
        };
        let answers = (1..=questions).take_while(ask).count();
        over.store(true, Relaxed);
        answers
    })
}

/// Looks again and again, until there is an answer or the patience is at its end.
fn answer_within(patience: Duration, is_there: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !is_there() {
        if began.elapsed() > patience {
            return false;
        }
        hint::spin_loop();
    }
    true
}

// ANCHOR: visit_in_two
/// Counts a visit in two steps, each under the lock, and calls `between` where it is
/// free.
pub fn visit_in_two(visits: &Visits, page: &'static str, between: impl Fn()) {
    let is_known = lock(visits).contains_key(page); // check
    between();
    if is_known {
        lock(visits).entry(page).and_modify(|count| *count += 1);
    } else {
        lock(visits).insert(page, 1); // act: what came in between is overwritten
    }
}
// ANCHOR_END: visit_in_two

// ANCHOR: visit
/// Counts a visit; check and act are one step.
pub fn visit(visits: &Visits, page: &'static str) {
    *lock(visits).entry(page).or_insert(0) += 1;
}
// ANCHOR_END: visit

/// Two threads visit a page that nobody has visited before. Returns how many visits were counted.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn two_visits(visit: impl Fn(&Visits, &'static str) + Sync) -> u64 {
    let (visits, page) = (Visits::default(), "/new");
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| visit(&visits, page));
        }
    });
    lock(&visits)[page]
}

/// What came of adding a page while the pages are gone through.
#[derive(Debug, PartialEq, Eq)]
pub struct Added {
    /// How many pages were seen.
    pub seen: usize,
    /// Whether the other thread was given the lock meanwhile.
    pub meanwhile: bool,
}

/// Goes through the pages under the lock, while another thread would add one.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn add_to_locked(visits: &Visits) -> Added {
    // The iteration borrows from the guard: the lock cannot be let go before its end.
    let pages = lock(visits);
    add_after_the_first(pages.keys(), visits)
}

/// Goes through a copy of the pages, while another thread adds one.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn add_beside_a_copy(visits: &Visits) -> Added {
    let pages = lock(visits).clone(); // locked, copied, unlocked
    add_after_the_first(pages.keys(), visits)
}

fn add_after_the_first<'a>(
    mut pages: impl Iterator<Item = &'a &'static str>,
    visits: &Visits,
) -> Added {
    let first = pages.next().map_or(0, |_| 1);
    let meanwhile = thread::scope(|scope| {
        // Not `lock`: the thread that holds it waits for this one.
        let add =
            || visits.try_lock().map(|mut visits| visits.insert("/late", 1)).is_ok();
        scope.spawn(add).join().unwrap_or(false)
    });
    Added { seen: first + pages.count(), meanwhile }
}

#[cfg(test)]
mod tests {
    use super::*;
    use threads_and_locks::counter::lose_one;

    #[test]
    fn a_visit_is_lost_between_check_and_act_and_only_there() {
        let in_two = lose_one(|between| {
            two_visits(|visits, page| visit_in_two(visits, page, between))
        });
        assert_eq!(in_two, 1, "both have checked before either acts");
        assert_eq!(two_visits(visit), 2);
        let visits = Visits::default();
        for _ in 0..3 {
            visit_in_two(&visits, "/new", || {});
        }
        assert_eq!(lock(&visits)["/new"], 3, "alone it counts");
    }

    #[test]
    fn what_is_asked_is_answered_and_patience_ends() {
        assert_eq!(answered(10, Duration::from_mins(1)), 10);
        assert_eq!(answered(0, Duration::ZERO), 0);
        assert!(!answer_within(Duration::ZERO, || false));
    }

    #[test]
    fn a_page_is_added_beside_a_copy_and_not_under_the_lock() {
        let visits = Visits::new(BTreeMap::from([("/a", 1), ("/b", 1)]));
        assert_eq!(add_to_locked(&visits), Added { seen: 2, meanwhile: false });
        assert_eq!(lock(&visits).len(), 2);
        assert_eq!(add_beside_a_copy(&visits), Added { seen: 2, meanwhile: true });
        assert_eq!(lock(&visits).len(), 3);
    }
}
