//! Fetches the sites, each on a thread of its own, and receives the results through a channel.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::{channels::fetch_all, client};

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| fetch_all(client, &sites.urls),
    )
}
