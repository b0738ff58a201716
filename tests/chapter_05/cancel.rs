//! What is dropped hangs up, and the server sees it; what runs by itself goes on.

use std::cell::RefCell;
use std::time::Duration;

use asynchronous::cancel::{
    abort_the_tasks, abort_the_threads, drop_the_future, drop_the_handles,
    drop_the_join_set, wait_with_clean_up,
};
use asynchronous::{client, fetch};
use lab::slow_web::{Latency, SlowWeb};
use tokio::time::{sleep, timeout};

use crate::patience::PATIENCE;

/// Asks until it is so; the server is another thread, and does not tell.
#[track_caller]
pub(crate) fn comes_true(claim: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let asking = async {
            while !claim() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let outcome = timeout(PATIENCE, asking).await;
        assert!(outcome.is_ok(), "{caller}: it has not come true");
    }
}

const N: usize = 4;

async fn all_begun(web: &SlowWeb) {
    comes_true(|| web.in_flight() == N).await;
}

#[tokio::test]
async fn the_server_sees_that_a_dropped_future_has_hung_up() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = vec![web.url("/never"); N];
    let client = client(PATIENCE * 2).unwrap();
    let results = drop_the_future(&client, &urls, all_begun(&web)).await;
    assert!(results.is_none());
    comes_true(|| web.given_up() == N && web.in_flight() == 0).await;
}

#[tokio::test]
async fn an_aborted_task_ends_as_cancelled_and_hangs_up() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = vec![web.url("/never"); N];
    let client = client(PATIENCE * 2).unwrap();
    let cancelled = abort_the_tasks(&client, &urls, all_begun(&web)).await;
    assert_eq!(cancelled, N);
    comes_true(|| web.given_up() == N && web.in_flight() == 0).await;
}

#[tokio::test]
async fn a_dropped_join_set_aborts_its_tasks() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = vec![web.url("/never"); N];
    let client = client(PATIENCE * 2).unwrap();
    drop_the_join_set(&client, &urls, all_begun(&web)).await;
    comes_true(|| web.given_up() == N && web.in_flight() == 0).await;
}

/// Answers when one more than `N` ask at once: so it is known that the `N` still wait.
fn one_is_missing() -> SlowWeb {
    let site = SlowWeb::builder().site("site", Latency::Constant(Duration::ZERO));
    site.barrier(N + 1, PATIENCE).start().unwrap()
}

#[tokio::test]
async fn a_task_whose_handle_is_dropped_runs_on() {
    let web = one_is_missing();
    let client = client(PATIENCE * 2).unwrap();
    let urls = vec![web.url("/site"); N];
    drop_the_handles(&client, &urls, all_begun(&web)).await;
    assert!(fetch(&client, &web.url("/site")).await.is_ok());
    comes_true(|| web.in_flight() == 0).await;
    assert_eq!((web.requests(), web.given_up()), (N + 1, 0));
}

#[test]
fn a_thread_of_spawn_blocking_that_has_begun_cannot_be_aborted() {
    // The drop of a blocking client is not allowed inside the runtime.
    let blocking = sequential_fetch::client(PATIENCE * 2).unwrap();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let web = one_is_missing();
        let urls = vec![web.url("/site"); N];
        abort_the_threads(&blocking, &urls, all_begun(&web)).await;
        let client = client(PATIENCE * 2).unwrap();
        assert!(fetch(&client, &web.url("/site")).await.is_ok());
        comes_true(|| web.in_flight() == 0).await;
        assert_eq!((web.requests(), web.given_up()), (N + 1, 0));
    });
}

#[tokio::test(start_paused = true)]
async fn of_what_is_cancelled_only_the_drops_run() {
    let steps = RefCell::new(Vec::new());
    let wait = wait_with_clean_up(|step| steps.borrow_mut().push(step));
    assert!(timeout(Duration::from_hours(1), wait).await.is_err());
    assert_eq!(steps.into_inner(), ["before the await", "Drop"]);
}

#[tokio::test]
async fn what_is_dropped_before_its_first_poll_never_began() {
    let steps = RefCell::new(Vec::new());
    drop(wait_with_clean_up(|step| steps.borrow_mut().push(step)));
    assert_eq!(steps.into_inner(), Vec::<&str>::new());
}
