//! Ctrl-C keeps what has arrived, and counts the rest.

use std::io;
use std::time::Duration;

use asynchronous::interrupt::{Outcome, fetch_until_interrupted};
use asynchronous::{Url, client, fetch};
use lab::slow_web::{Latency, SlowWeb};
use tokio::join;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::cancel::comes_true;
use crate::patience::PATIENCE;

/// Fetches while `interrupt` does as it likes.
async fn fetched(
    urls: &[Url],
    at_once: usize,
    grace: Duration,
    interrupt: impl AsyncFnOnce(mpsc::Sender<()>),
) -> Outcome {
    let client = client(PATIENCE * 4).unwrap();
    let (tx, mut rx) = mpsc::channel(2);
    let tell = |_: usize, _: &Result<_, _>| Ok(());
    let fetches = fetch_until_interrupted(&client, urls, at_once, &mut rx, grace, tell);
    let (outcome, ()) = join!(timeout(PATIENCE * 2, fetches), interrupt(tx));
    outcome.expect("it ends").unwrap()
}

fn counts(outcome: &Outcome) -> (usize, usize, usize, bool) {
    let here = outcome.results.iter().flatten().flatten().count();
    (here, outcome.dropped, outcome.not_begun, outcome.interrupted)
}

#[tokio::test]
async fn without_an_interrupt_all_pages_come_and_no_more_than_so_many_at_once() {
    let site = SlowWeb::builder().site("site", Latency::Constant(Duration::ZERO));
    // Three have to ask at once, or none is answered.
    let web = site.barrier(3, PATIENCE).start().unwrap();
    let outcome =
        fetched(&vec![web.url("/site"); 9], 3, Duration::ZERO, async |_tx| ()).await;
    assert_eq!(counts(&outcome), (9, 0, 0, false));
    assert_eq!(web.peak_in_flight(), 3);
}

#[tokio::test]
async fn an_interrupt_keeps_what_is_here_drops_the_rest_and_begins_nothing() {
    let web = SlowWeb::builder().start().unwrap();
    let urls =
        ["/empty", "/never", "/never", "/never", "/never"].map(|path| web.url(path));
    let outcome = fetched(&urls, 2, Duration::ZERO, async |tx| {
        // The third begins when the first is here.
        comes_true(|| web.requests() == 3).await;
        tx.send(()).await.unwrap();
    });
    let outcome = outcome.await;
    assert_eq!(counts(&outcome), (1, 2, 2, true));
    assert!(outcome.results[0].is_some(), "in its place");
    comes_true(|| web.given_up() == 2).await;
    assert_eq!(web.requests(), 3);
}

#[tokio::test]
async fn what_is_in_flight_may_end_within_its_grace() {
    let site = SlowWeb::builder().site("site", Latency::Constant(Duration::ZERO));
    let web = site.barrier(2, PATIENCE).start().unwrap();
    let urls = vec![web.url("/site"); 3];
    let outcome = fetched(&urls, 1, PATIENCE, async |tx| {
        comes_true(|| web.requests() == 1).await;
        tx.send(()).await.unwrap();
        comes_true(|| tx.capacity() == 2).await; // it has been read
        // Only now can the first be answered: it waits for a second one.
        let client = client(PATIENCE).unwrap();
        assert!(fetch(&client, &urls[0]).await.is_ok());
    });
    assert_eq!(counts(&outcome.await), (1, 0, 2, true));
    assert_eq!((web.requests(), web.given_up()), (2, 0));
}

#[tokio::test]
async fn a_second_interrupt_waits_for_nobody() {
    let web = SlowWeb::builder().start().unwrap();
    let forever = Duration::from_secs(100_000);
    let urls = [web.url("/never")];
    let outcome = fetched(&urls, 1, forever, async |tx| {
        comes_true(|| web.requests() == 1).await;
        tx.send(()).await.unwrap();
        tx.send(()).await.unwrap();
    });
    assert_eq!(counts(&outcome.await), (0, 1, 0, true));
    comes_true(|| web.given_up() == 1).await;
}

#[tokio::test]
async fn a_screen_that_fails_drops_the_fetches() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = ["/never", "/delay/200"].map(|path| web.url(path));
    let (_tx, mut rx) = mpsc::channel(2);
    let full = |_: usize, _: &Result<_, _>| Err(io::ErrorKind::StorageFull.into());
    let client = client(PATIENCE).unwrap();
    let outcome = fetch_until_interrupted(&client, &urls, 2, &mut rx, PATIENCE, full);
    assert_eq!(outcome.await.unwrap_err().kind(), io::ErrorKind::StorageFull);
    comes_true(|| web.in_flight() == 0).await;
    assert_eq!(web.given_up(), web.requests() - 1);
}

#[cfg(unix)]
mod program {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::path::Path;
    use std::process::{Child, ChildStdout, Command, Stdio};
    use std::sync::LazyLock;
    use std::thread;
    use std::time::{Duration, Instant};

    use while_you_wait::programs::Programs;

    use crate::patience::PATIENCE;

    static PROGRAMS: LazyLock<Programs> =
        LazyLock::new(|| Programs::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());

    /// Runs until the first page is told.
    fn begin(arguments: &[&str]) -> (Child, BufReader<ChildStdout>) {
        let mut command = PROGRAMS.command("cargo run --example 05-ctrl-c").unwrap();
        let mut running = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(running.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("page 1") {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it ended by itself");
        }
        (running, stdout)
    }

    fn interrupt(running: &Child) {
        let kill =
            Command::new("kill").args(["-INT", &running.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    #[test]
    fn ctrl_c_ends_it_with_130_and_what_is_here_is_told() {
        let (mut running, mut stdout) =
            begin(&["--grace", "0", "/empty", "/never", "/never", "/never", "/never"]);
        interrupt(&running);
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(130), "{rest}");
        let told =
            "\ninterrupted\n1 of 5 pages are here\n3 dropped on the way, 1 not begun\n";
        assert_eq!(rest, told);
    }

    #[test]
    fn who_presses_again_does_not_wait_for_the_grace() {
        let (mut running, _stdout) = begin(&["--grace", "60000", "/empty", "/never"]);
        let began = Instant::now();
        // Two signals that come close together may arrive as one: again and again.
        let status = loop {
            if let Some(status) = running.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "it hangs");
            interrupt(&running);
            thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(status.code(), Some(130));
    }
}
