//! Fetches the sites in a task each, and takes the results as they come.

use std::process::ExitCode;

use asynchronous::client;
use asynchronous::together::as_completed;
use lab::stage;
use tokio::runtime;

fn main() -> ExitCode {
    stage::fetch(
        |sites| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            Ok((runtime, client(sites.timeout)?))
        },
        |(runtime, client), sites| runtime.block_on(as_completed(client, &sites.urls)),
    )
}
