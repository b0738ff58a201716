//! Fetches the sites on rayon's threads: no more of them at once than there are cores, though none needs a core.

use std::process::ExitCode;

use lab::stage;
use rayon::ThreadPoolBuilder;
use thread_pool::client;
use thread_pool::waiting::fetch_all;

fn main() -> ExitCode {
    stage::fetch(
        |sites| {
            let threads = sites.workers.unwrap_or(0); // 0: as many as there are cores
            let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
            Ok((pool, client(sites.timeout)?))
        },
        |(pool, client), sites| pool.install(|| fetch_all(client, &sites.urls)),
    )
}
