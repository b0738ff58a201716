//! Fetches the sites, each on a thread that takes a lock before it asks: the total is the sum of the waits.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::client;
use threads_and_locks::locked::lock_during_fetch;

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| lock_during_fetch(client, &sites.urls),
    )
}
