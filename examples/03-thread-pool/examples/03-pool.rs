//! Fetches the sites with a fixed number of workers: never more in flight than workers.

use std::process::ExitCode;

use lab::stage;
use thread_pool::{ThreadPool, client, fetch_all};

fn main() -> ExitCode {
    stage::fetch(
        |sites| {
            Ok((client(sites.timeout)?, ThreadPool::new(sites.workers.unwrap_or(2))?))
        },
        |(client, pool), sites| fetch_all(pool, client, &sites.urls),
    )
}
