//! Fetches the sites with worker processes: never more in flight than workers.

use std::process::ExitCode;

use lab::stage;
use processes::{ProcessPool, TASKS, fetch_all, make_clients, work_if_asked};

// ANCHOR: main
fn main() -> ExitCode {
    // The workers are this program too. They go no further.
    if let Some(code) = work_if_asked(&TASKS) {
        return code;
    }
    stage::fetch(
        |sites| {
            let pool = ProcessPool::new(sites.workers.unwrap_or(2))?;
            make_clients(&pool, sites.timeout)?;
            Ok(pool)
        },
        |pool, sites| fetch_all(pool, sites.timeout, &sites.urls),
    )
}
// ANCHOR_END: main
