//! Counts primes chunk after chunk: the total is the sum of the work.

use std::process::ExitCode;

use lab::stage;
use sequential_fetch::crunch_all;

// ANCHOR: main
fn main() -> ExitCode {
    stage::crunch(|work| crunch_all(&work.chunks))
}
// ANCHOR_END: main
