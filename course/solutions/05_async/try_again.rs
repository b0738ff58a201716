// A request that failed may succeed in a moment: ask again, and wait longer each time.
// But not where the answer will be the same. The tests run by a clock that stands still.
// The page: book/05-async/retry.md

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
        // CHANGED: asked before the wait: nobody has to wait for an error that is final.
        if attempt == ATTEMPTS || !matches!(error, Status(500..)) {
            return Err(error);
        }
        // CHANGED: the wait of tokio, which lets go of the thread.
        sleep(wait).await;
        wait *= 2;
        attempt += 1;
    }
}

fn main() {
    println!("{:?}", block_on_paused(retry(async || Err::<(), _>(Status(503)))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    /// `wanted`: the moment of each attempt, and of the end, in ms.
    fn check(statuses: &[u16], outcome: &str, wanted: &[u128]) {
        let (mut statuses, mut seen) = (statuses.iter(), Vec::new());
        let result = block_on_paused(async {
            let began = Instant::now();
            let request = async || {
                seen.push(began.elapsed().as_millis());
                statuses.next().map_or(Ok("a page".to_owned()), |code| Err(Status(*code)))
            };
            let result = retry(request).await.unwrap_or_else(|error| error.to_string());
            seen.push(began.elapsed().as_millis());
            result
        });
        assert!(seen == wanted, "attempts, then the end, at {seen:?} ms: not {wanted:?}");
        assert!(result == outcome, "{result} came of it, and {outcome} was wanted");
    }
    #[test]
    fn each_wait_is_twice_as_long() {
        check(&[503, 500, 503], "a page", &[0, 100, 300, 700, 700]);
    }
    #[test]
    fn a_404_is_told_at_once() {
        check(&[503, 404], "status 404", &[0, 100, 100]);
        check(&[429], "status 429", &[0, 0]);
    }
    #[test]
    fn after_four_attempts_the_last_error_is_told() {
        check(&[503, 502, 500, 504], "status 504", &[0, 100, 300, 700, 700]);
    }
}
