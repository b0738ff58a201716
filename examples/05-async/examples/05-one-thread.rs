//! Fetches the sites at once, all on one thread.

use std::process::ExitCode;

use asynchronous::{client, fetch_all};
use lab::stage;
use tokio::runtime;

// ANCHOR: main
fn main() -> ExitCode {
    stage::fetch(
        |sites| {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            Ok((runtime, client(sites.timeout)?))
        },
        |(runtime, client), sites| runtime.block_on(fetch_all(client, &sites.urls)),
    )
}
// ANCHOR_END: main
