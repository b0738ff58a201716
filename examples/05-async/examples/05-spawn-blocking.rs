//! Chapter 1's blocking fetch, on the threads that a runtime keeps for what blocks.

use std::process::ExitCode;

use asynchronous::blocking::{client, fetch_all};
use lab::stage;
use tokio::runtime;

// ANCHOR: main
fn main() -> ExitCode {
    stage::fetch(
        |sites| {
            let mut builder = runtime::Builder::new_current_thread();
            // 512 is tokio's own default.
            let threads = sites.workers.unwrap_or(512);
            let runtime = builder.max_blocking_threads(threads).build()?;
            Ok((runtime, client(sites.timeout)?))
        },
        |(runtime, client), sites| runtime.block_on(fetch_all(client, &sites.urls)),
    )
}
// ANCHOR_END: main
