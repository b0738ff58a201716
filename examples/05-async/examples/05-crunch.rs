//! Counts primes on rayon's threads, and waits for them as for anything else.

use std::process::ExitCode;

use asynchronous::crunch_all;
use lab::stage;
use tokio::runtime;

fn main() -> ExitCode {
    stage::crunch_with(
        |_| Ok(runtime::Builder::new_current_thread().build()?),
        |runtime, work| Ok(runtime.block_on(crunch_all(&work.chunks))),
    )
}
