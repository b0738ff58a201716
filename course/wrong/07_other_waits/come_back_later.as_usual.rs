// Wrong: what the server says is not read.
// rejected by it_comes_back_when_the_server_says: attempts, then the end, at [0, 500, 1000, 1000] ms
// rejected by it_gives_up_in_time: attempts, then the end, at [0, 500, 1000, 1000] ms

use std::time::Duration;

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
    for _ in 1..ATTEMPTS {
        match request().await {
            Ok(page) => return Ok(page),
            Err(Busy(_)) => tokio::time::sleep(USUAL).await,
        }
    }
    request().await
}
