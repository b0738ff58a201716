//! Counts primes, each chunk on a thread of its own: in Rust the work is spread over the cores.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::crunch_all;

fn main() -> ExitCode {
    stage::crunch(|work| crunch_all(&work.chunks))
}
