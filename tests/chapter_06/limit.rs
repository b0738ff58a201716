//! Very many waits close to the limit: every way fetches everything, over as many connections as it claims.

use std::time::Duration;

use asynchronous::many::{client_http2, client_that_keeps_nothing, fetch_all};
use asynchronous::{Client, Url, client};
use choosing::limit::{fetch_all_by_hand, fetch_by_hand};
use lab::slow_web::{Builder, SlowWeb};

use crate::patience::PATIENCE;

/// Above the 200 requests that a server of HTTP/2 usually allows on a connection, and above the 100 that a client may
/// send before it knows.
const N: usize = 300;

/// A site that answers nobody before all have asked: who gets an answer has waited together with the others.
fn together() -> Builder {
    SlowWeb::builder().sites([Duration::ZERO]).barrier(N, PATIENCE)
}

async fn fetch_together(client: &Client, web: &SlowWeb) {
    let urls: Vec<Url> = vec![web.url("site-1"); N];
    let pages = fetch_all(client, &urls).await.unwrap();
    assert_eq!(pages.len(), N);
    assert!(pages.into_iter().all(|page| page.unwrap().bytes == 1024));
}

#[tokio::test]
async fn a_client_that_keeps_nothing_opens_a_connection_for_each_request() {
    let web = together().start().unwrap();
    let client = client_that_keeps_nothing(2 * PATIENCE).unwrap();
    for round in 1..=2 {
        fetch_together(&client, &web).await;
        assert_eq!((web.requests(), web.connections()), (round * N, round * N));
    }
    assert_eq!(web.peak_in_flight(), N);
}

#[tokio::test]
async fn kept_connections_serve_a_second_round() {
    let web = together().start().unwrap();
    let client = client(2 * PATIENCE).unwrap();
    for round in 1..=2 {
        fetch_together(&client, &web).await;
        assert_eq!((web.requests(), web.connections()), (round * N, N), "round {round}");
    }
    assert_eq!(web.peak_in_flight(), N);
}

#[tokio::test]
async fn http2_sends_all_requests_over_one_connection() {
    let web = together().start().unwrap();
    let client = client_http2(2 * PATIENCE).unwrap();
    for round in 1..=2 {
        fetch_together(&client, &web).await;
        assert_eq!((web.requests(), web.connections()), (round * N, 1));
    }
    assert_eq!(web.peak_in_flight(), N);
}

#[tokio::test]
async fn by_hand_the_same_pages_come_over_a_connection_each() {
    let web = together().start().unwrap();
    let site = web.address();
    let bytes = fetch_all_by_hand(site, "/site-1", N).await.unwrap();
    assert_eq!((web.requests(), web.connections(), web.peak_in_flight()), (N, N, N));
    let quick = SlowWeb::builder().sites([Duration::ZERO]).start().unwrap();
    // On any web a head is as long: the length of its date is constant.
    let one = fetch_by_hand(quick.address(), "/site-1").await.unwrap();
    assert!(one > 1024, "a head and 1024 bytes, not {one}");
    assert_eq!(bytes, one * N as u64);
}

#[cfg(target_os = "linux")]
#[test]
fn the_cpu_time_of_another_process_is_told() {
    use choosing::limit::cpu_ms_of;
    use lab::stage::cpu_time;

    // Of this process the exact figure is known. Linux rounds it to steps of ten, and is a little behind with threads that run.
    const SLACK_MS: f64 = 100.0;
    let exact = || cpu_time().unwrap().as_secs_f64() * 1e3;
    while exact() < 2.0 * SLACK_MS {}
    let before = exact();
    let told = cpu_ms_of(std::process::id()).unwrap();
    let after = exact();
    let right = before - SLACK_MS..=after + SLACK_MS;
    assert!(right.contains(&told), "{told} is not in {right:?}");
    assert_eq!(cpu_ms_of(u32::MAX), None, "no such process");
}
