//! Jobs that end in a given order, each when the results before it have been handed on.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::meeting::lock;
use crate::patience::within;

/// The turn of a job that does not end as long as anybody waits for its result.
pub const NEVER: usize = usize::MAX;

/// How long a job waits for the next result to be handed on. Nobody waits so long for an answer that is right.
const TURN: Duration = Duration::from_secs(5);

/// How long a job takes when it is its turn: time in which no other result comes.
const WORK: Duration = Duration::from_millis(250);

struct State<R> {
    handed_on: Vec<R>,
    /// What a job has to say that waited in vain.
    in_vain: Option<String>,
    over: bool,
}

/// What `answer` hands on, in that order. It gets the jobs, and the function to hand a result to.
///
/// There is a job for each of `turns`: job `n` waits until `turns[n]` results have been handed on, or, if that is [`NEVER`],
/// until `answer` has returned. 250 ms later it comes to `job(n)`. An answer that collects the results first, or asks one job after another, waits for
/// a job that waits for it.
///
/// # Panics
///
/// With a sentence, when a job has waited 5 s for the next result to be handed on; and when the answer does not return
/// [`within`] its patience.
#[track_caller]
pub fn in_turn<T: 'static, R: Send + 'static, const N: usize>(
    turns: [usize; N],
    job: fn(usize) -> T,
    answer: impl FnOnce(Vec<Box<dyn FnOnce() -> T + Send>>, &mut (dyn FnMut(R) + Send))
    + Send
    + 'static,
) -> Vec<R> {
    within(move || {
        let state = State { handed_on: Vec::new(), in_vain: None, over: false };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let jobs = turns.into_iter().enumerate().map(|(n, turn)| {
            let shared = Arc::clone(&shared);
            let run: Box<dyn FnOnce() -> T + Send> = Box::new(move || {
                wait(&shared, n, turn);
                thread::sleep(WORK);
                job(n)
            });
            run
        });
        let (state, changed) = &*shared;
        answer(jobs.collect(), &mut |result| {
            let mut state = lock(state);
            state.handed_on.push(result);
            state.over |= state.in_vain.is_some();
            changed.notify_all();
            if let Some(sentence) = state.in_vain.take() {
                drop(state);
                panic!("{sentence}");
            }
        });
        let mut state = lock(state);
        state.over = true;
        changed.notify_all();
        if let Some(sentence) = state.in_vain.take() {
            drop(state);
            panic!("{sentence}");
        }
        std::mem::take(&mut state.handed_on)
    })
}

/// Waits until it is the turn of job `n`, or all is over.
fn wait<R>((state, changed): &(Mutex<State<R>>, Condvar), n: usize, turn: usize) {
    let mut state = lock(state);
    while !state.over && state.handed_on.len() < turn {
        if turn == NEVER {
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        let seen = state.handed_on.len();
        let (again, waited) = changed
            .wait_timeout_while(state, TURN, |state| {
                !state.over && state.handed_on.len() == seen
            })
            .unwrap_or_else(PoisonError::into_inner);
        state = again;
        if waited.timed_out() {
            state.in_vain.get_or_insert(format!(
                "job {n} waits for results to be handed on, {turn} in all, and for {} s there were {seen}: \
                 each is wanted as soon as it is there, whichever job it is from",
                TURN.as_secs()
            ));
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NEVER, in_turn};
    use std::panic::catch_unwind;
    use std::thread;

    #[test]
    fn jobs_end_in_turn_and_one_whose_turn_never_comes_ends_with_the_answer() {
        let handed_on = in_turn(
            [2, NEVER, 0, 1],
            |n| n,
            |jobs, hand_on| {
                let (tx, rx) = std::sync::mpsc::channel();
                for job in jobs {
                    let tx = tx.clone();
                    thread::spawn(move || tx.send(job()));
                }
                rx.into_iter().take(3).for_each(hand_on);
            },
        );
        assert_eq!(handed_on, [2, 3, 0]);
    }

    #[test]
    fn an_answer_that_hands_on_nothing_before_the_end_is_told() {
        let one_by_one = || {
            in_turn(
                [1, 0],
                |n| n,
                |jobs, hand_on| {
                    jobs.into_iter().for_each(|job| hand_on(job()));
                },
            )
        };
        let panic = catch_unwind(one_by_one).expect_err("it is rejected");
        let said = panic.downcast::<String>().expect("a sentence");
        assert!(
            said.starts_with("job 0 waits for results to be handed on, 1 in all"),
            "{said}"
        );
    }
}
