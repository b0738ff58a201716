//! A job that panics: its result is an error, the other results are there, and so is its worker.

use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};

use clap::Parser;
use lab::stage;
use thread_pool::ThreadPool;

/// Runs five jobs on a pool of two workers. The third one panics.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

// ANCHOR: parse
/// The number in a text, doubled.
fn parse(text: &str) -> i32 {
    match text.parse::<i32>() {
        Ok(number) => number * 2,
        Err(error) => panic!("{text}: {error}"),
    }
}
// ANCHOR_END: parse

// ANCHOR: main
fn main() -> ExitCode {
    // What a panic says is in its result: not on standard error, too.
    panic::set_hook(Box::new(|_| {}));
    stage::show(|_: &Arguments, screen| {
        let pool = ThreadPool::new(2)?;
        for result in pool.map(["1", "2", "three", "4", "5"], parse) {
            screen.line(&format!("{result:?}"))?;
        }
        screen.line(&format!("{} workers are still there", who_meet(&pool)))?;
        screen.line(&format!("{} of 100 jobs ran before drop ended", drained(pool)))?;
        Ok(())
    })
}
// ANCHOR_END: main

// ANCHOR: who_meet
/// Runs two jobs that wait for each other: passed by two workers, and never by one.
fn who_meet(pool: &ThreadPool) -> usize {
    let both = Arc::new(Barrier::new(2));
    let met = pool.map([both.clone(), both], |both| both.wait().is_leader());
    met.iter().flatten().count()
}
// ANCHOR_END: who_meet

/// Queues a hundred jobs, drops the pool, and returns how many have run by then.
fn drained(pool: ThreadPool) -> usize {
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..100 {
        let done = Arc::clone(&done);
        pool.submit(move || done.fetch_add(1, SeqCst));
    }
    drop(pool);
    done.load(SeqCst)
}
