//! Many futures at once: the order of their results, and who is cancelled when one fails.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use asynchronous::together::{
    all_or_none, all_results, as_completed, group, in_slots, spawn_all, unordered,
};
use asynchronous::{Client, FetchError, FetchErrorKind, Page, client, fetch};
use lab::slow_web::SlowWeb;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::cancel::comes_true;
use crate::patience::PATIENCE;

type Fetched = Result<Page, FetchError>;

fn patient() -> Client {
    client(PATIENCE).unwrap()
}

/// Each of these ends when it is told to, with its number.
fn gated(n: u32) -> (Vec<Option<oneshot::Sender<u32>>>, Vec<impl Future<Output = u32>>) {
    (0..n)
        .map(|_| {
            let (open, opened) = oneshot::channel();
            (Some(open), async { opened.await.unwrap() })
        })
        .unzip()
}

#[tokio::test]
async fn results_come_in_completion_order_and_end_in_their_slots() {
    let (mut gates, futures) = gated(4);
    // Each is let go when the one before it has been told of, so this is the only order there can be.
    let mut next = [2, 0, 3, 1].into_iter();
    let mut open = move || {
        if let Some(n) = next.next() {
            let gate: oneshot::Sender<u32> = gates[n].take().unwrap();
            gate.send(u32::try_from(n).unwrap()).unwrap();
        }
    };
    let tasks = spawn_all(futures);
    open();
    let mut told = Vec::new();
    let tell = |position, value: &u32| {
        told.push((position, *value));
        open();
    };
    let slots = timeout(PATIENCE, in_slots(tasks, tell)).await.unwrap();
    assert_eq!(told, [(2, 2), (0, 0), (3, 3), (1, 1)]);
    assert_eq!(slots, [Some(0), Some(1), Some(2), Some(3)]);
}

#[tokio::test]
async fn a_panic_empties_one_slot_and_no_other() {
    let tasks = spawn_all((0..5).map(|n| async move {
        assert_ne!(n, 3, "this one panics");
        n
    }));
    let slots = timeout(PATIENCE, in_slots(tasks, |_, _| ())).await.unwrap();
    assert_eq!(slots, [Some(0), Some(1), Some(2), None, Some(4)]);
}

#[tokio::test]
async fn spawn_all_makes_tasks_and_join_all_makes_none() {
    let alive = || Handle::current().metrics().num_alive_tasks();
    let before = alive();
    let futures: Vec<_> = (0..3).map(|_| pending::<Result<(), ()>>()).collect();
    let mut all = Box::pin(all_results(futures));
    assert!(timeout(Duration::from_millis(1), &mut all).await.is_err(), "it waits");
    assert_eq!(alive(), before);

    let tasks = spawn_all((0..3).map(|_| pending::<()>()));
    assert_eq!(alive(), before + 3);
    drop(tasks);
    comes_true(|| alive() == before).await; // the drop has aborted them
}

#[tokio::test]
async fn all_are_in_flight_at_once_and_none_is_forgotten() {
    let sites = [Duration::ZERO; 4];
    let web = SlowWeb::builder().sites(sites).barrier(4, PATIENCE).start().unwrap();
    let pages = as_completed(&patient(), &web.urls()).await;
    assert_eq!(pages.iter().flatten().count(), 4, "{pages:?}");

    let pages = unordered(&patient(), &web.urls()).await;
    let mut positions: Vec<usize> = pages.iter().map(|(position, _)| *position).collect();
    positions.sort_unstable();
    assert_eq!(positions, [0, 1, 2, 3]);
    for (position, page) in pages {
        assert_eq!(page.unwrap().url, web.urls()[position]);
    }
    assert_eq!(web.peak_in_flight(), 4);
}

#[tokio::test]
async fn first_finished_is_first_in_both() {
    // The first address never answers, and the client gives it up: by then the others are long there.
    let web = SlowWeb::builder().start().unwrap();
    let urls = ["/never", "/delay/1", "/delay/1"].map(|path| web.url(path));
    let client = client(Duration::from_millis(500)).unwrap();
    let pages = as_completed(&client, &urls).await;
    assert_eq!(pages[2].as_ref().unwrap_err().kind, FetchErrorKind::Timeout);
    let pages = unordered(&client, &urls).await;
    assert_eq!(pages[2].0, 0, "{pages:?}");
}

/// Two fetches of a page that is slow, and one that fails when the web has both.
fn one_fails(
    web: &Arc<SlowWeb>,
    slow: &str,
) -> Vec<Pin<Box<dyn Future<Output = Fetched> + Send>>> {
    let slow = web.url(slow);
    let fetch_slow = || {
        let slow = slow.clone();
        Box::pin(async move { fetch(&patient(), &slow).await }) as _
    };
    let web = Arc::clone(web);
    let fails = async move {
        comes_true(|| web.in_flight() == 2).await;
        fetch(&patient(), &web.url("/status/500")).await
    };
    vec![Box::pin(fails), fetch_slow(), fetch_slow()]
}

fn web() -> Arc<SlowWeb> {
    Arc::new(SlowWeb::builder().start().unwrap())
}

#[tokio::test]
async fn join_all_cancels_nobody() {
    let web = web();
    let results = all_results(one_fails(&web, "/delay/100")).await;
    let kinds: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(kinds, [false, true, true], "in the order of the futures");
    assert_eq!(web.given_up(), 0);
}

#[tokio::test]
async fn try_join_all_drops_the_others_and_the_server_sees_it() {
    let web = web();
    let result = all_or_none(one_fails(&web, "/never")).await;
    assert_eq!(result.unwrap_err().kind, FetchErrorKind::Status(500));
    comes_true(|| web.given_up() == 2).await;
    assert_eq!((web.requests(), web.in_flight()), (3, 0));
}

#[tokio::test]
async fn a_join_set_cancels_nobody_until_it_is_dropped() {
    let web = web();
    let mut tasks = JoinSet::from_iter(one_fails(&web, "/never"));
    let first = timeout(PATIENCE, tasks.join_next()).await.unwrap();
    assert!(first.unwrap().unwrap().is_err());
    // A request that begins later has been served, and the two are still there.
    fetch(&patient(), &web.url("/empty")).await.unwrap();
    assert_eq!((web.in_flight(), web.given_up()), (2, 0));
    drop(tasks);
    comes_true(|| web.given_up() == 2).await;
}

#[tokio::test]
async fn a_group_ends_its_tasks_before_it_returns() {
    let web = web();
    let alive = || Handle::current().metrics().num_alive_tasks();
    let result = timeout(PATIENCE, group(one_fails(&web, "/never"))).await.unwrap();
    assert_eq!(result.unwrap_err().kind, FetchErrorKind::Status(500));
    comes_true(|| web.given_up() == 2).await;

    let before = alive();
    let (fails, others) = (async { Err::<(), ()>(()) }, pending());
    let futures: Vec<Pin<Box<dyn Future<Output = _> + Send>>> =
        vec![Box::pin(others), Box::pin(fails)];
    assert_eq!(group(futures).await, Err(()));
    // At once, and not after a while: the group has waited for them.
    assert_eq!(alive(), before);

    let values: Result<Vec<u32>, ()> = group(vec![async { Ok(7) }]).await;
    assert_eq!(values, Ok(vec![7]));
}
