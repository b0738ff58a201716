// Wrong: a header that is no number ends it.
// rejected by it_comes_back_as_usual_where_it_understands_nothing: attempts, then the end, at [0, 500, 500] ms

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
        let wait = match &busy.0 {
            None => USUAL,
            Some(text) => match text.parse() {
                Ok(seconds) => Duration::from_secs(seconds),
                Err(_) => return Err(busy),
            },
        };
        if attempt == ATTEMPTS || wait > LONGEST {
            return Err(busy);
        }
        sleep(wait).await;
        attempt += 1;
    }
}
