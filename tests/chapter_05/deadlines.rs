//! A limit for each page, a limit for all, and what is there when it has passed.

use std::thread;
use std::time::Duration;

use asynchronous::deadline::{all_or_nothing, fetch_all_within, fetch_each_within};
use asynchronous::{FetchErrorKind, client};
use lab::slow_web::SlowWeb;
use tokio::time::{Instant, timeout};

use crate::cancel::comes_true;
use crate::patience::PATIENCE;

/// Long enough for an answer that comes at once, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_deadline_for_all_keeps_what_has_arrived_in_the_order_of_the_addresses() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = ["/never", "/empty", "/delay/60000", "/status/404"];
    let urls = urls.map(|path| web.url(path));
    let results = fetch_all_within(&client(PATIENCE).unwrap(), &urls, LIMIT).await;
    let kinds = results.iter().map(|result| result.as_ref().err().map(|e| &e.kind));
    let late = Some(&FetchErrorKind::Timeout);
    let expected = [late, None, late, Some(&FetchErrorKind::Status(404))];
    assert!(kinds.eq(expected), "{results:?}");
    let of = |n: usize| &results[n].as_ref().unwrap_err().url;
    assert_eq!((of(0), of(2)), (&urls[0], &urls[2]));
    comes_true(|| web.given_up() == 2).await;
}

#[tokio::test]
async fn a_limit_round_the_batch_loses_what_has_arrived() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = ["/empty", "/never"].map(|path| web.url(path));
    let results = all_or_nothing(&client(PATIENCE).unwrap(), &urls, LIMIT / 3).await;
    assert!(results.is_none());
    comes_true(|| web.given_up() == 1).await;
    assert_eq!(web.requests(), 2, "the other one was answered, for nothing");
}

#[tokio::test]
async fn a_limit_for_each_is_no_limit_for_all() {
    let web = SlowWeb::builder().start().unwrap();
    let limit = Duration::from_millis(300);
    let urls = vec![web.url("/never"); 3];
    let client = client(PATIENCE).unwrap();
    let began = Instant::now();
    let results = fetch_each_within(&client, &urls, 1, limit).await;
    // Each had its whole limit, one after another. It may be longer, never shorter.
    assert!(began.elapsed() >= 3 * limit);
    assert!(results.iter().all(Result::is_err));
    comes_true(|| web.given_up() == web.requests() && web.in_flight() == 0).await;
}

#[tokio::test]
async fn a_future_that_never_yields_is_in_time_however_late() {
    let limit = Duration::from_millis(10);
    let began = Instant::now();
    let outcome = timeout(limit, async { thread::sleep(3 * limit) }).await;
    assert!(began.elapsed() >= 3 * limit);
    assert_eq!(outcome, Ok(()));
}
