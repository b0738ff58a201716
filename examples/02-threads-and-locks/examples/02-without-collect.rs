//! Fetches the sites, each on a thread of its own, and yet one after another: the total is the sum of the waits.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::client;
use threads_and_locks::lazily::fetch_all;

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| fetch_all(client, &sites.urls),
    )
}
