//! Fetches the sites one after another: the total is the sum of the waits.

use std::process::ExitCode;

use lab::stage;
use sequential_fetch::{client, fetch_all};

// ANCHOR: main
fn main() -> ExitCode {
    stage::fetch(
        |sites| Ok(client(sites.timeout)?),
        |client, sites| fetch_all(client, &sites.urls),
    )
}
// ANCHOR_END: main
