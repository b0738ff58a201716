// Wrong: four attempts after the first one.
// rejected by after_four_attempts_the_last_error_is_told: attempts, then the end, at [0, 100, 300, 700, 1500, 1500] ms

use course::FetchErrorKind::{self, Status};
use course::asynchronous::block_on_paused;
use std::time::Duration;

const ATTEMPTS: u32 = 4;
const BASE: Duration = Duration::from_millis(100);

/// Makes a request up to `ATTEMPTS` times, while it fails with a status from 500 on.
///
/// It waits for `BASE` before the second attempt, and then twice as long each time. The
/// error is that of the last attempt.
async fn retry<T>(
    mut request: impl AsyncFnMut() -> Result<T, FetchErrorKind>,
) -> Result<T, FetchErrorKind> {
    let mut wait = BASE;
    let mut attempt = 1;
    loop {
        let error = match request().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if attempt > ATTEMPTS || !matches!(error, Status(500..)) {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
        attempt += 1;
    }
}
