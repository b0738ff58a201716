//! Fetches the sites, each on a thread that takes a lock when it has its page: the total is the longest wait.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::client;
use threads_and_locks::locked::lock_after_fetch;

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| lock_after_fetch(client, &sites.urls),
    )
}
