// Wrong: an hour becomes a minute, and a busy server is asked too soon.
// rejected by it_gives_up_in_time: attempts, then the end, at [0, 3000, 63000, 63000] ms

use std::time::Duration;
use tokio::time::sleep;

const ATTEMPTS: u32 = 3;
/// The wait where the server says nothing that makes sense.
const USUAL: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_mins(1);

/// Too busy, and perhaps the value of the header `Retry-After`.
#[derive(Debug)]
struct Busy(Option<String>);

/// Asks up to `ATTEMPTS` times, and waits in between as the server says, or `USUAL`.
///
/// It gives up at once where the server asks for more than a minute.
async fn ask<T>(mut request: impl AsyncFnMut() -> Result<T, Busy>) -> Result<T, Busy> {
    let mut attempt = 1;
    loop {
        let busy = match request().await {
            Ok(page) => return Ok(page),
            Err(busy) => busy,
        };
        let seconds = busy.0.as_ref().and_then(|text| text.trim().parse().ok());
        let wait = seconds.map_or(USUAL, Duration::from_secs);
        if attempt == ATTEMPTS {
            return Err(busy);
        }
        sleep(wait.min(LONGEST)).await;
        attempt += 1;
    }
}
