// Wrong: the one status that the page names is not tried again, and all others are.
// rejected by a_404_is_told_at_once: not [0, 0]

use course::FetchErrorKind::{self, Status};
use course::asynchronous::block_on_paused;
use std::time::Duration;
use tokio::time::sleep;

const ATTEMPTS: u32 = 4;
const BASE: Duration = Duration::from_millis(100);

/// Makes a request up to `ATTEMPTS` times, while it fails with a status from 500 on.
///
/// It waits for `BASE` before the second attempt, and then twice as long each time. The
/// error is that of the last attempt.
async fn retry<T>(
    mut request: impl AsyncFnMut() -> Result<T, FetchErrorKind>,
) -> Result<T, FetchErrorKind> {
    let mut attempt = 1;
    let mut wait = BASE;
    loop {
        let error = match request().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if attempt == ATTEMPTS || matches!(error, Status(404)) {
            return Err(error);
        }
        sleep(wait).await;
        wait *= 2;
        attempt += 1;
    }
}
