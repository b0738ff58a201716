//! Fetches the sites on one thread, with a bound on how many are in flight.

use std::process::ExitCode;

use asynchronous::bounded::fetch_all;
use asynchronous::client;
use lab::stage;
use tokio::runtime;

fn main() -> ExitCode {
    stage::fetch(
        |sites| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            Ok((runtime, client(sites.timeout)?))
        },
        |(runtime, client), sites| {
            let workers = sites.workers.unwrap_or(2);
            runtime.block_on(fetch_all(client, &sites.urls, workers))
        },
    )
}
