//! Bounds, each proved from both sides: so many at once are needed, and one more never come.

use std::cell::Cell;
use std::time::Duration;

use asynchronous::back_pressure::{Run, bounded, unbounded};
use asynchronous::bounded::{fetch_all, fetch_buffered, fetch_spawned, fetch_unordered};
use asynchronous::per_host::{self, Limits, fetch_all_overall_first};
use asynchronous::slow_consumer::{in_tasks, in_the_loop, through_a_channel};
use asynchronous::{Client, FetchError, FetchErrorKind, Page, Url, client, fetch};
use lab::slow_web::SlowWeb;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::cancel::comes_true;
use crate::patience::PATIENCE;

type Fetched = Result<Page, FetchError>;

fn patient() -> Client {
    client(PATIENCE).unwrap()
}

/// A web of so many sites that answers by groups only.
fn in_groups(sites: usize, group: usize, deadline: Duration) -> SlowWeb {
    let sites = vec![Duration::ZERO; sites];
    SlowWeb::builder().sites(sites).barrier(group, deadline).start().unwrap()
}

async fn in_each_way(urls: &[Url], workers: usize) -> Vec<Vec<Fetched>> {
    let client = &patient();
    vec![
        fetch_all(client, urls, workers).await,
        fetch_buffered(client, urls, workers).await,
        fetch_unordered(client, urls, workers).await,
        fetch_spawned(client, urls.iter().cloned(), workers).await,
    ]
}

#[tokio::test]
async fn each_way_has_as_many_in_flight_as_the_bound_says() {
    for workers in [1, 2, 5] {
        let web = in_groups(10, workers, PATIENCE);
        let results = in_each_way(&web.urls(), workers).await;
        for results in &results {
            assert_eq!(results.iter().flatten().count(), 10, "{workers}: {results:?}");
        }
        assert_eq!(web.peak_in_flight(), workers);
        for in_order in &results[..2] {
            let urls = in_order.iter().flatten().map(|page| page.url.clone());
            assert_eq!(urls.collect::<Vec<_>>(), web.urls());
        }
    }
}

#[tokio::test]
async fn one_more_than_the_bound_never_come_together() {
    let web = in_groups(3, 3, Duration::from_millis(100));
    for results in in_each_way(&web.urls(), 2).await {
        let kinds = results.into_iter().map(|result| result.unwrap_err().kind);
        assert_eq!(
            kinds.collect::<Vec<_>>(),
            [(); 3].map(|()| FetchErrorKind::Status(503))
        );
    }
    assert!(web.peak_in_flight() <= 2, "{}", web.peak_in_flight());
}

#[tokio::test]
async fn a_permit_before_the_spawn_holds_up_whoever_gives_the_addresses() {
    let web = SlowWeb::builder().start().unwrap();
    let taken = Cell::new(0);
    let urls = (0..100).map(|_| {
        taken.set(taken.get() + 1);
        web.url("/never")
    });
    let client = patient();
    tokio::select! {
        _ = fetch_spawned(&client, urls, 2) => panic!("nobody answers"),
        () = comes_true(|| web.in_flight() == 2) => {}
    }
    assert_eq!(taken.get(), 3, "two are in flight, and one waits for a permit");
}

#[tokio::test]
async fn each_host_has_its_bound_and_all_have_theirs() {
    let webs: Vec<SlowWeb> = (0..3).map(|_| in_groups(6, 2, PATIENCE)).collect();
    let urls: Vec<Url> = webs.iter().flat_map(SlowWeb::urls).collect();
    let limits = Limits { overall: 4, per_host: 2 };
    let results = per_host::fetch_all(&patient(), &urls, limits).await;
    assert_eq!(results.iter().flatten().count(), 18, "{results:?}");
    assert_eq!(webs.iter().map(SlowWeb::peak_in_flight).collect::<Vec<_>>(), [2, 2, 2]);

    // One host that may have nine, and four in all.
    let web = in_groups(8, 4, PATIENCE);
    let limits = Limits { overall: 4, per_host: 9 };
    let results = per_host::fetch_all(&patient(), &web.urls(), limits).await;
    assert_eq!(results.iter().flatten().count(), 8, "{results:?}");
    assert_eq!(web.peak_in_flight(), 4);

    // And from the other side: groups of one more never come together.
    let too_large = [(9, 2, 3), (4, 9, 5)];
    for (overall, per_host, group) in too_large {
        let web = in_groups(group, group, Duration::from_millis(100));
        let limits = Limits { overall, per_host };
        let results = per_host::fetch_all(&patient(), &web.urls(), limits).await;
        assert_eq!(results.iter().flatten().count(), 0, "{results:?}");
        assert!(web.peak_in_flight() < group, "{}", web.peak_in_flight());
    }
}

#[tokio::test]
async fn the_overall_permit_first_starves_the_other_host() {
    let start = || SlowWeb::builder().start().unwrap();
    let (hangs, answers) = (start(), start());
    let mut urls = vec![hangs.url("/never"); 4];
    urls.extend(vec![answers.url("/empty"); 4]);
    let (client, limits) = (patient(), Limits { overall: 4, per_host: 2 });

    tokio::select! {
        _ = per_host::fetch_all(&client, &urls, limits) => panic!("one host hangs"),
        () = comes_true(|| {
            (answers.requests(), answers.in_flight(), hangs.in_flight()) == (4, 0, 2)
        }) => {}
    }
    assert_eq!(hangs.peak_in_flight(), 2);

    let hung_before = hangs.requests();
    let one_more = async {
        comes_true(|| hangs.requests() == hung_before + 2).await;
        // It was asked for later than all others, and is answered.
        fetch(&client, &answers.url("/empty")).await.unwrap();
    };
    tokio::select! {
        _ = fetch_all_overall_first(&client, &urls, limits) => panic!("one host hangs"),
        () = one_more => {}
    }
    assert_eq!(answers.requests(), 4 + 1, "none but the one more");
}

#[tokio::test]
async fn a_producer_is_ahead_by_the_bound_and_no_further() {
    for capacity in [1, 4, 16] {
        let run = timeout(PATIENCE, bounded(capacity, 100)).await.unwrap();
        assert_eq!(run, Run { ahead: capacity, received: 100 });
    }
    // It is never held up, and the consumer begins when it is done.
    assert_eq!(bounded(16, 5).await, Run { ahead: 5, received: 5 });
    assert_eq!(unbounded(100).await, Run { ahead: 100, received: 100 });
    assert!(tokio::spawn(bounded(0, 1)).await.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_channel_says_at_both_ends_that_the_other_is_gone() {
    let (tx, mut rx) = mpsc::channel(4);
    tx.send(1).await.unwrap();
    drop(tx);
    assert_eq!((rx.recv().await, rx.recv().await), (Some(1), None));

    let (tx, rx) = mpsc::channel(1);
    tx.send(1).await.unwrap();
    let waits = tokio::spawn(async move { tx.send(2).await });
    drop(rx);
    let returned = timeout(PATIENCE, waits).await.unwrap().unwrap();
    assert_eq!(returned.unwrap_err().0, 2, "the message comes back");
}

#[tokio::test]
async fn nothing_begins_while_the_body_of_the_loop_runs() {
    let first_body = async |web: &SlowWeb, begun: &Cell<Option<bool>>, patience| {
        if begun.get().is_none() {
            begun.set(Some(false));
            let more = async {
                while web.requests() < 3 {
                    sleep(Duration::from_millis(1)).await;
                }
            };
            begun.set(Some(timeout(patience, more).await.is_ok()));
        }
    };
    let sites = [Duration::ZERO; 6];
    let web = SlowWeb::builder().sites(sites).start().unwrap();
    let begun = Cell::new(None);
    let a_while = Duration::from_millis(300);
    let body = async |_| first_body(&web, &begun, a_while).await;
    in_the_loop(&patient(), &web.urls(), 2, body).await;
    assert_eq!(begun.get(), Some(false));

    let web = SlowWeb::builder().sites(sites).start().unwrap();
    let begun = Cell::new(None);
    let body = async |_| first_body(&web, &begun, PATIENCE).await;
    through_a_channel(&patient(), &web.urls(), 2, body).await;
    assert_eq!(begun.get(), Some(true));
}

/// Two pages, two at once. The second is answered while the body is busy with the first, which takes longer than the deadline.
/// What has become of the second?
async fn second_page(
    run: impl AsyncFnOnce(&Client, &[Url], &mut dyn FnMut(Fetched) -> Body),
) -> Fetched {
    let deadline = Duration::from_millis(500);
    let first = SlowWeb::builder().start().unwrap();
    let second = in_groups(1, 2, PATIENCE);
    let urls = [first.url("/empty"), second.url("site-1")];
    let site = second.url("site-1");
    let mut pages = Vec::new();
    let mut body = |page: Fetched| -> Body {
        pages.push(page);
        let (site, is_first) = (site.clone(), pages.len() == 1);
        Box::pin(async move {
            if is_first {
                // The web answers both requests now.
                fetch(&patient(), &site).await.unwrap();
                sleep(deadline + Duration::from_millis(100)).await;
            }
        })
    };
    run(&client(deadline).unwrap(), &urls, &mut body).await;
    assert_eq!((pages.len(), second.in_flight()), (2, 0), "{pages:?}");
    assert_eq!(second.given_up(), 0, "both were answered");
    assert!(pages[0].is_ok(), "{pages:?}");
    pages.remove(1)
}

type Body = std::pin::Pin<Box<dyn Future<Output = ()>>>;

#[tokio::test]
async fn an_answer_that_came_in_time_is_a_timeout_if_nobody_polls() {
    let late = second_page(async |client, urls, body| {
        in_the_loop(client, urls, 2, async |page| body(page).await).await;
    });
    assert_eq!(late.await.unwrap_err().kind, FetchErrorKind::Timeout);
    let in_time = second_page(async |client, urls, body| {
        in_tasks(client, urls, 2, async |page| body(page).await).await;
    });
    in_time.await.unwrap();
    let in_time = second_page(async |client, urls, body| {
        through_a_channel(client, urls, 2, async |page| body(page).await).await;
    });
    in_time.await.unwrap();
}

/// Where a process is given the address, it may have 64 descriptors: see the test below.
const ADDRESS: &str = "WHILE_YOU_WAIT_TEST_ADDRESS";

#[tokio::test]
async fn in_a_process_of_its_own() {
    let Ok(address) = std::env::var(ADDRESS) else {
        return;
    };
    let urls = vec![Url::parse(&address).unwrap(); 300];
    let results = fetch_unordered(&patient(), &urls, 20).await;
    assert_eq!(results.iter().flatten().count(), 300);

    let results = asynchronous::fetch_all(&patient(), &urls).await;
    let lost: Vec<String> = results
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.kind.to_string())
        .collect();
    assert!(lost.len() > 300 - 64, "{}", lost.len());
    let why = "connection: Too many open files (os error 24)";
    assert!(lost.iter().all(|kind| kind == why), "{lost:?}");
}

#[cfg(unix)]
#[test]
fn without_a_bound_descriptors_run_out_and_with_one_they_do_not() {
    use std::process::Command;

    let web = SlowWeb::builder().sites([Duration::from_millis(20)]).start().unwrap();
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "ulimit -n 64 && exec \"$0\" --exact bounded::in_a_process_of_its_own",
    ]);
    shell.arg(std::env::current_exe().unwrap()).env(ADDRESS, web.url("site-1").as_str());
    let output = crate::patience::ends(move || shell.output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(web.requests() > 300, "the child has asked: {}", web.requests());
}
