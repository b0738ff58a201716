// A server that is too busy may say when to come back: `Retry-After: 2`, in seconds.
// Who comes sooner keeps it busy. The tests run by a clock that stands still.
// The page: book/07-other-waits/when-to-ask-again.md

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
    // TODO: when it is busy, come back when it says, and not after the usual wait.
    for _ in 1..ATTEMPTS {
        match request().await {
            Ok(page) => return Ok(page),
            Err(Busy(_)) => tokio::time::sleep(USUAL).await,
        }
    }
    request().await
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::block_on_paused;
    use tokio::time::Instant;

    /// `wanted`: the moment of each attempt, and of the end, in ms.
    fn check(answers: &[Option<&str>], is_page: bool, wanted: &[u128]) {
        let (mut answers, mut seen) = (answers.iter(), Vec::new());
        let page = block_on_paused(async {
            let began = Instant::now();
            let request = async || {
                seen.push(began.elapsed().as_millis());
                let busy = |said: &Option<&str>| Err(Busy(said.map(str::to_owned)));
                answers.next().map_or(Ok("a page"), busy)
            };
            (ask(request).await, seen.push(began.elapsed().as_millis())).0
        });
        assert!(seen == wanted, "attempts, then the end, at {seen:?} ms: not {wanted:?}");
        assert!(page.is_ok() == is_page, "{page:?} came of it");
    }
    #[test]
    fn it_comes_back_when_the_server_says() {
        check(&[Some("2"), Some("0")], true, &[0, 2000, 2000, 2000]);
    }
    #[test]
    fn it_comes_back_as_usual_where_it_understands_nothing() {
        check(&[None, Some("Wed, 21 Oct 2026 ..")], true, &[0, 500, 1000, 1000]);
    }
    #[test]
    fn it_gives_up_in_time() {
        check(&[Some("3"), Some("3600")], false, &[0, 3000, 3000]);
        check(&[None, None, Some("5")], false, &[0, 500, 1000, 1000]);
    }
}
