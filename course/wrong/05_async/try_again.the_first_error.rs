// Wrong: the error is that of the first attempt.
// rejected by a_404_is_told_at_once: status 503 came of it, and status 404 was wanted
// rejected by after_four_attempts_the_last_error_is_told: status 503 came of it, and status 504 was wanted

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
    let mut first = None;
    loop {
        let error = match request().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if attempt == ATTEMPTS || !matches!(error, Status(500..)) {
            return Err(first.unwrap_or(error));
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
        first.get_or_insert(error);
        attempt += 1;
    }
}
