//! Very many waits at once, and the limits that they meet.

use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

use asynchronous::many::{
    buffer_across_the_wait, buffer_before_the_wait, client_that_keeps_nothing, fetch_all,
    fits, joined_timers, needs, raise_descriptor_limit, spawned_timers,
};
use asynchronous::{FetchErrorKind, client, fetch};
use futures_util::future::join_all;
use lab::slow_web::SlowWeb;
use tokio::task::{JoinSet, unconstrained};
use tokio::time::{Instant, Sleep, sleep};

use crate::patience::PATIENCE;

const WAIT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_thousand_requests_wait_together_on_one_thread() {
    // Both ends of each connection are in this process.
    let n = fits(1000, raise_descriptor_limit() / 2);
    let web = SlowWeb::builder().sites(vec![Duration::ZERO; n]).barrier(n, PATIENCE);
    let web = web.start().unwrap();
    let urls = web.urls();
    let client = client_that_keeps_nothing(2 * PATIENCE).unwrap();
    let results = fetch_all(&client, &urls).await.unwrap();
    let got: Vec<_> = results.into_iter().map(|page| page.unwrap().url).collect();
    assert_eq!(got, urls, "in the order of the addresses");
    assert_eq!(web.peak_in_flight(), n);
    assert_eq!(web.connections(), n);
}

#[tokio::test]
async fn a_page_that_fails_is_an_error_in_its_place() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = ["/delay/1", "/status/404", "/empty"].map(|path| web.url(path));
    let client = client_that_keeps_nothing(PATIENCE).unwrap();
    let results = fetch_all(&client, &urls).await.unwrap();
    assert!(results[0].is_ok() && results[2].is_ok());
    let kind = &results[1].as_ref().unwrap_err().kind;
    assert!(matches!(kind, FetchErrorKind::Status(404)), "{kind:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_timers_take_one_wait() {
    for tasks in [true, false] {
        let began = Instant::now();
        if tasks {
            spawned_timers(100_000, WAIT).await;
        } else {
            joined_timers(100_000, WAIT).await;
        }
        // On a clock that moves only when all sleep; a timer may be a millisecond late.
        let took = began.elapsed();
        assert!(WAIT <= took && took <= WAIT + Duration::from_millis(1), "{took:?}");
    }
}

/// Counts how often a timer is polled.
struct Counted(Pin<Box<Sleep>>, Arc<AtomicUsize>);

impl Future for Counted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.1.fetch_add(1, SeqCst);
        self.0.as_mut().poll(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn one_task_for_all_asks_many_of_them_in_vain() {
    const N: usize = 12_800;
    let polls = Arc::new(AtomicUsize::new(0));
    let timers = || {
        polls.store(0, SeqCst);
        (0..N).map(|_| Counted(Box::pin(sleep(WAIT)), Arc::clone(&polls)))
    };

    let mut tasks = JoinSet::new();
    timers().for_each(|timer| drop(tasks.spawn(timer)));
    tasks.join_all().await;
    assert_eq!(polls.load(SeqCst), 2 * N, "a task each: once to begin, once at its end");

    unconstrained(join_all(timers())).await;
    assert_eq!(polls.load(SeqCst), 2 * N, "one task that is never made to pause");

    tokio::spawn(join_all(timers())).await.unwrap();
    let polls = polls.load(SeqCst);
    assert!(polls > N * N / 256, "n times n / 256 at least, not {polls}");
}

#[test]
fn what_lives_across_a_wait_is_part_of_the_future() {
    assert!(size_of_val(&buffer_across_the_wait()) >= 8192);
    assert!(size_of_val(&buffer_before_the_wait()) < 1024);
}

#[tokio::test]
async fn a_future_as_large_as_its_largest_wait() {
    assert_eq!(buffer_across_the_wait().await, buffer_before_the_wait().await);
}

#[test]
fn what_fits_is_what_the_limit_leaves() {
    assert_eq!(fits(10_000, 20_000), 10_000);
    assert_eq!(fits(10_000, 256), 192);
    assert_eq!(fits(10_000, 40), 0);
    for n in [1, 50, 10_000] {
        assert_eq!(fits(n, needs(n)), n);
        assert_eq!(fits(n, needs(n) - 1), n - 1);
    }
}

#[tokio::test]
async fn a_client_each_is_a_connection_each() {
    const N: usize = 10;
    let web = SlowWeb::builder().start().unwrap();
    for _ in 0..N {
        fetch(&client(PATIENCE).unwrap(), &web.url("/empty")).await.unwrap();
    }
    assert_eq!(web.connections(), N);

    let web = SlowWeb::builder().start().unwrap();
    let client = client(PATIENCE).unwrap();
    for _ in 0..N {
        fetch(&client, &web.url("/empty")).await.unwrap();
    }
    assert_eq!(web.connections(), 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_four_numbers_of_a_connection_are_in_use_once() {
    use asynchronous::many::connect_from;

    let (web, another) =
        (SlowWeb::builder().start().unwrap(), SlowWeb::builder().start().unwrap());
    let localhost = Ipv4Addr::LOCALHOST;
    let first = connect_from((localhost, 0).into(), web.address()).await.unwrap();
    let port = first.local_addr().unwrap().port();
    let again = connect_from((localhost, port).into(), web.address()).await.unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AddrNotAvailable);
    assert_eq!(again.raw_os_error(), Some(99));
    for (from, to) in
        [(Ipv4Addr::new(127, 0, 0, 2), web.address()), (localhost, another.address())]
    {
        connect_from((from, port).into(), to).await.unwrap();
    }
}

#[cfg(unix)]
mod programs {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::path::Path;
    use std::process::{Command, Output, Stdio};
    use std::sync::LazyLock;

    use while_you_wait::programs::Programs;

    use crate::patience::ends;

    static PROGRAMS: LazyLock<Programs> =
        LazyLock::new(|| Programs::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());

    fn command(line: &str) -> Command {
        PROGRAMS.command(&format!("cargo run --example {line}")).unwrap()
    }

    /// In a process that may open only so many descriptors.
    fn under_a_limit(limit: usize, line: &str) -> Output {
        let program = command(line);
        Command::new("sh")
            .args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")])
            .arg(program.get_program())
            .args(program.get_args())
            .output()
            .unwrap()
    }

    #[test]
    fn all_sites_of_a_web_elsewhere_are_in_flight_at_once() {
        let output =
            command("05-ten-thousand -- --sites 900 --delay 1").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("900 sites"), "{text}");
        assert!(text.contains("at most 900 in flight"), "{text}");
        assert!(text.contains("connections in all: 900"), "{text}");
        if cfg!(target_os = "linux") {
            assert!(text.contains("  threads           1\n"), "{text}");
        }
    }

    #[test]
    fn under_a_low_limit_fewer_are_fetched_and_a_line_says_so() {
        let output = under_a_limit(256, "05-ten-thousand -- --delay 1");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().next().unwrap();
        assert!(line.contains("192") && line.contains("ulimit -n 10064"), "{line}");
        assert!(text.contains("at most 192 in flight"), "{text}");
    }

    #[test]
    fn where_none_fits_it_is_one_line_and_exit_code_2() {
        let output = under_a_limit(40, "05-ten-thousand");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains("ulimit -n 10064"), "{error}");
    }

    /// Killed, it cannot tidy up; the web sees its standard input close.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_web_ends_with_the_program_that_started_it() {
        let mut running = command("05-ten-thousand -- --sites 1 --delay 10000")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let children = format!("/proc/{0}/task/{0}/children", running.id());
        ends(move || {
            while std::fs::read_to_string(&children).unwrap().is_empty() {
                std::thread::yield_now();
            }
        });
        running.kill().unwrap();
        running.wait().unwrap();
        // The web has the same standard error: its end comes when both are gone.
        let mut stderr = running.stderr.take().unwrap();
        let mut said = String::new();
        let said = ends(move || stderr.read_to_string(&mut said).map(|_| said)).unwrap();
        assert_eq!(said, "");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_connection_more_than_there_are_descriptors_is_refused_alone() {
        for more in ["1", "20", "200"] {
            let line = format!("05-descriptors -- --requests 1 --more {more}");
            let output = command(&line).stdout(Stdio::piped()).output().unwrap();
            let lines: Vec<String> =
                BufReader::new(&output.stdout[..]).lines().map(Result::unwrap).collect();
            let begin = lines.iter().position(|line| line.contains("may open")).unwrap();
            let said: Vec<&str> = lines[begin + 1..begin + 5]
                .iter()
                .map(|line| line.split_once(':').unwrap().1.trim())
                .collect();
            let refused = "Too many open files (os error 24)";
            assert_eq!(said, [more, refused, more, "1 can be opened"]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn each_closed_connection_keeps_a_port() {
        let output = command("05-descriptors -- --more 1 --requests 7").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("connections: 7, ports in TIME_WAIT: 7"), "{text}");
        assert!(text.contains("connections: 1, ports in TIME_WAIT: 1"), "{text}");
    }
}
