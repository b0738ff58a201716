//! Fetches the sites, counts their words and adds them up, each stage on threads of its own.

use std::process::ExitCode;

use lab::stage;
use threads_and_locks::{client, pipeline::tally_all};

fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| tally_all(client, &sites.urls, sites.workers.unwrap_or(2)).pages,
    )
}
