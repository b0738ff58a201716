//! Fetches the sites, each on a thread that has a slot for its result: the total is the longest wait.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::client;
use threads_and_locks::slots::fetch_all;

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| fetch_all(client, &sites.urls),
    )
}
