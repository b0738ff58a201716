//! What is left of the other jobs when one of them goes wrong: in threads, and in processes.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};

use crate::{JobLost, ProcessPool, Task};

/// The numbers to square.
pub const NUMBERS: [u64; 6] = [0, 1, 2, 3, 4, 5];

/// A job that does what it should.
// ANCHOR: square
pub const SQUARE: Task<u64, u64> = Task::new("square", |n| n * n);
// ANCHOR_END: square

/// How a job goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mishap {
    /// It panics, as it does at an index out of range.
    Panic,
    /// Something deep inside it calls `exit`, and says that all is well.
    Exit,
    /// It crashes: what a stack overflow, or a library written in C, comes to.
    Abort,
}

impl Mishap {
    /// All of them, with the names that they have on the command line of a child.
    pub const ALL: [(&'static str, Self); 3] =
        [("panic", Self::Panic), ("exit(0)", Self::Exit), ("abort", Self::Abort)];
}

/// Squares a number. At 3, something goes wrong.
///
/// # Panics
///
/// At 3, if that is the mishap.
// ANCHOR: fragile_square
pub fn fragile_square((mishap, n): (Mishap, u64)) -> u64 {
    match mishap {
        _ if n != 3 => n * n,
        Mishap::Panic => panic!("no square of {n}"),
        Mishap::Exit => process::exit(0),
        Mishap::Abort => process::abort(),
    }
}

/// The same, by name, for a worker process.
pub const FRAGILE_SQUARE: Task<(Mishap, u64), u64> =
    Task::new("fragile_square", fragile_square);
// ANCHOR_END: fragile_square

/// Squares all numbers, each in a thread of its own. One result for each, in their order.
// ANCHOR: in_threads
pub fn in_threads(mishap: Mishap) -> Vec<Option<u64>> {
    thread::scope(|scope| {
        let start = |n| scope.spawn(move || fragile_square((mishap, n)));
        let threads = NUMBERS.map(start);
        // `Err` is a thread that panicked. Nothing worse comes this far.
        threads.into_iter().map(|thread| thread.join().ok()).collect()
    })
}
// ANCHOR_END: in_threads

/// Squares all numbers in worker processes. One result for each, in their order.
// ANCHOR: in_processes
pub fn in_processes(pool: &ProcessPool, mishap: Mishap) -> Vec<Result<u64, JobLost>> {
    pool.map(NUMBERS, move |worker, n| worker.call(&FRAGILE_SQUARE, &(mishap, n)))
}
// ANCHOR_END: in_processes

// ANCHOR: level
/// A number that lives in the memory of each process.
pub static LEVEL: AtomicU64 = AtomicU64::new(0);

/// Reads it, in a worker.
pub const READ_LEVEL: Task<(), u64> =
    Task::new("read_level", |()| LEVEL.load(Ordering::Relaxed));
// ANCHOR_END: level
