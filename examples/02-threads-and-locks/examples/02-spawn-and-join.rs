//! Fetches the sites, each on a thread that owns what it uses: the total is the longest wait.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::client;
use threads_and_locks::spawned::fetch_all;

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| fetch_all(client, &sites.urls),
    )
}
