//! Fetches the sites, each on a thread of its own: the total is the longest wait.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::{client, fetch_all};

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| fetch_all(client, &sites.urls),
    )
}
