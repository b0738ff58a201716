//! Counts primes with worker processes.

use std::process::ExitCode;

use lab::stage;
use processes::{ProcessPool, TASKS, crunch_all, work_if_asked};

fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&TASKS) {
        return code;
    }
    stage::crunch_with(
        |work| Ok(ProcessPool::new(work.workers.unwrap_or(2))?),
        |pool, work| Ok(crunch_all(pool, &work.chunks)?),
    )
}
