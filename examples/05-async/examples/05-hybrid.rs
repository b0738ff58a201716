//! Downloads pages on one thread, and has each digested on rayon's as soon as it is there.

use std::process::ExitCode;

use asynchronous::client;
use asynchronous::hybrid::fetch_and_digest_all;
use lab::stage;
use rayon::ThreadPoolBuilder;
use tokio::runtime;

// ANCHOR: main
fn main() -> ExitCode {
    stage::fetch(
        |sites| {
            // Which of several threads takes a page would be luck, and each picture another.
            ThreadPoolBuilder::new().num_threads(1).build_global()?;
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            Ok((runtime, client(sites.timeout)?))
        },
        |(runtime, client), sites| {
            let limit = sites.workers.unwrap_or(16);
            runtime.block_on(fetch_and_digest_all(client, &sites.urls, limit))
        },
    )
}
// ANCHOR_END: main
