//! Which errors are tried again, when, how often, and how much that is in all.

use std::time::Duration;

use asynchronous::retry::{Backoff, Budget, Rng, retry, retry_until, worth_it};
use asynchronous::{FetchError, FetchErrorKind, Url, client, fetch};
use futures_util::future::join_all;
use lab::slow_web::SlowWeb;
use tokio::time::Instant;

use crate::patience::PATIENCE;

const MS: Duration = Duration::from_millis(1);
/// More than anybody asks for here.
const PLENTY: usize = 1_000;

fn backoff(attempts: u32, jitter: bool) -> Backoff {
    Backoff { base: 100 * MS, cap: 1000 * MS, attempts, jitter }
}

fn failed(kind: FetchErrorKind) -> FetchError {
    let url = Url::parse("http://down.example/").unwrap();
    FetchError { url, elapsed: Duration::ZERO, kind }
}

fn down() -> Result<(), FetchError> {
    Err(failed(FetchErrorKind::Status(503)))
}

#[test]
fn a_wait_is_drawn_below_a_bound_that_doubles_up_to_the_cap() {
    let with = backoff(4, true);
    let without = backoff(4, false);
    for retry in 0..40 {
        let bound = (100 * MS * 2_u32.pow(retry.min(10))).min(1000 * MS);
        let mut random = Rng::with_seed(u64::from(retry));
        assert_eq!(without.delay(retry, &mut random), bound);
        let drawn: Vec<_> = (0..200).map(|_| with.delay(retry, &mut random)).collect();
        assert!(drawn.iter().all(|wait| *wait <= bound), "{retry}: {drawn:?}");
        // From nothing to the bound: each quarter of it has its share.
        for quarter in 0..4 {
            let part = bound / 4 * quarter..bound / 4 * (quarter + 1);
            let share = drawn.iter().filter(|wait| part.contains(wait)).count();
            assert!((25..=75).contains(&share), "{retry}, quarter {quarter}: {share}");
        }
    }
    // No overflow, however often.
    assert_eq!(without.delay(u32::MAX, &mut Rng::with_seed(0)), 1000 * MS);
}

#[test]
fn the_same_seed_draws_the_same_and_another_seed_something_else() {
    let draws = |seed| {
        let mut random = Rng::with_seed(seed);
        (0..5).map(|n| backoff(9, true).delay(n, &mut random)).collect::<Vec<_>>()
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
}

/// When each of the tries is made, of a request that always fails.
async fn tries(backoff: Backoff, budget: &Budget, seed: u64) -> Vec<Duration> {
    let began = Instant::now();
    let (mut tries, mut random) = (Vec::new(), Rng::with_seed(seed));
    let result = retry(&backoff, budget, &mut random, async || {
        tries.push(began.elapsed());
        down()
    });
    assert!(result.await.is_err());
    tries
}

#[tokio::test(start_paused = true)]
async fn the_waits_double_and_the_tries_are_bounded() {
    let tries = tries(backoff(6, false), &Budget::new(PLENTY), 0).await;
    let expected = [0, 100, 300, 700, 1500, 2500].map(Duration::from_millis);
    // A timer of tokio's is exact to a millisecond, and never early.
    for (at, expected) in tries.iter().zip(expected) {
        assert!((expected..=expected + 6 * MS).contains(at), "{tries:?}");
    }
    assert_eq!(tries.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_first_success_and_the_first_error_that_is_not_worth_it() {
    use FetchErrorKind::{Address, Body, Connection, Lost, Refused, Status, Timeout};
    for (kind, worth) in [
        (Timeout, true),
        (Refused, true),
        (Status(500), true),
        (Status(503), true),
        (Status(404), false),
        (Status(403), false),
        (Body("cut".to_owned()), true),
        (Connection("reset".to_owned()), true),
        (Address("no such host".to_owned()), false),
        (Lost("a panic".to_owned()), false),
    ] {
        assert_eq!(worth_it(&kind), worth, "{kind}");
        let mut calls = 0;
        let backoff = backoff(9, true);
        let budget = Budget::new(PLENTY);
        let result = retry(&backoff, &budget, &mut Rng::with_seed(0), async || {
            calls += 1;
            if calls == 3 { Ok(calls) } else { Err(failed(kind.clone())) }
        })
        .await;
        let expected = if worth { (3, Ok(3)) } else { (1, Err(kind)) };
        assert_eq!((calls, result.map_err(|error| error.kind)), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn one_deadline_bounds_all_tries_and_waits() {
    let began = Instant::now();
    let mut calls = 0;
    let (backoff, budget) = (backoff(9, false), Budget::new(PLENTY));
    let deadline = began + 250 * MS;
    let mut random = Rng::with_seed(0);
    let outcome = retry_until(deadline, &backoff, &budget, &mut random, async || {
        calls += 1;
        down()
    });
    assert!(outcome.await.is_none());
    assert_eq!(calls, 2, "at 0 and 100; the next would be at 300");
    assert!(began.elapsed() >= 250 * MS && began.elapsed() < 300 * MS);
}

#[tokio::test(start_paused = true)]
async fn a_budget_bounds_the_retries_of_all_together() {
    let budget = Budget::new(10);
    let mut made = 0;
    for n in 0..100 {
        made += tries(backoff(4, true), &budget, n).await.len();
    }
    assert_eq!(made, 110, "one after another");
    let budget = Budget::new(10);
    let clients = (0..100).map(|n| tries(backoff(4, true), &budget, n));
    assert_eq!(join_all(clients).await.concat().len(), 110, "at once");
}

#[tokio::test]
async fn the_server_sees_as_many_requests_as_are_allowed() {
    for (path, attempts, percent, expected) in [
        ("/status/503", 1, PLENTY, 20),
        ("/status/503", 4, PLENTY, 80),
        ("/status/503", 4, 10, 22),
        ("/status/404", 4, PLENTY, 20),
    ] {
        let web = SlowWeb::builder().start().unwrap();
        let (client, url) = (&client(PATIENCE).unwrap(), &web.url(path));
        let backoff = &Backoff { base: MS, cap: MS, attempts, jitter: true };
        let budget = &Budget::new(percent);
        let fetches = (0..20).map(async |seed| {
            let mut random = Rng::with_seed(seed);
            retry(backoff, budget, &mut random, async || fetch(client, url).await).await
        });
        let results = join_all(fetches).await;
        assert!(results.iter().all(Result::is_err));
        assert_eq!(web.requests(), expected, "{path} {attempts} {percent}");
    }
}

#[tokio::test]
async fn against_errors_by_chance_a_few_tries_are_enough() {
    let builder = SlowWeb::builder().sites([Duration::ZERO; 1]).seed(7).error_rate(0.5);
    let web = builder.start().unwrap();
    let (client, url) = (client(PATIENCE).unwrap(), &web.urls()[0]);
    let backoff = Backoff { base: MS, cap: MS, attempts: 30, jitter: true };
    let (budget, mut random) = (Budget::new(10_000), Rng::with_seed(0));
    for _ in 0..20 {
        let page =
            retry(&backoff, &budget, &mut random, async || fetch(&client, url).await);
        assert!(page.await.is_ok());
    }
    assert!(web.requests() > 20, "some of them failed at first");
}

#[tokio::test(start_paused = true)]
async fn without_jitter_the_herd_comes_back_as_one_and_with_it_spread_out() {
    let most = async |jitter| {
        let budget = Budget::new(PLENTY);
        let clients = (0..100).map(|n| tries(backoff(2, jitter), &budget, n));
        let second: Vec<Duration> =
            join_all(clients).await.iter().map(|tries| tries[1]).collect();
        let at_once = |from: &Duration| {
            second.iter().filter(|at| (*from..*from + 10 * MS).contains(at)).count()
        };
        second.iter().map(at_once).max().unwrap()
    };
    assert_eq!(most(false).await, 100);
    // 10 of 100 ms have 10 of 100 on average; the draws are the same each time.
    let jittered = most(true).await;
    assert!((10..=30).contains(&jittered), "{jittered}");
}
