//! Downloads in the background, and the screen that is told.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::patience::PATIENCE;
use crossbeam_channel::{bounded, never, unbounded};
use lab::slow_web::SlowWeb;
use sequential_fetch::FetchErrorKind;
use thread_pool::downloads::{Event, Outcome, Tally, download, download_all, watch};
use thread_pool::{ThreadPool, Url, client};

/// A site that sends what the test says, when the test says so.
fn by_hand() -> (TcpListener, Url) {
    let site = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/file", site.local_addr().unwrap())).unwrap();
    (site, url)
}

/// Takes a request, and answers with the head of a body of 1,000 bytes.
fn answer(site: &TcpListener) -> TcpStream {
    let (mut stream, _) = site.accept().unwrap();
    let mut request = [0; 1024];
    assert_ne!(stream.read(&mut request).unwrap(), 0);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").unwrap();
    stream
}

#[test]
fn a_download_tells_its_length_and_then_of_every_byte() {
    let web = SlowWeb::builder().start().unwrap();
    let mut events = Vec::new();
    let outcome = download(
        &client(PATIENCE).unwrap(),
        7,
        &web.url("/stream/50000/100"),
        &AtomicBool::new(false),
        |event| events.push(event),
    );
    assert_eq!(outcome, Ok(Outcome::Whole));
    assert_eq!(events[0], Event::Began(7, Some(50_000)));
    let bytes = |event: &Event| match event {
        Event::Received(7, bytes) => *bytes,
        other => panic!("{other:?}"),
    };
    assert_eq!(events[1..].iter().map(bytes).sum::<u64>(), 50_000);
    assert!(events.len() > 3, "it came in pieces: {events:?}");
}

#[test]
fn a_download_stops_within_one_more_read() {
    let (site, url) = by_hand();
    let stop = Arc::new(AtomicBool::new(false));
    let (tell, told) = channel();
    let (ended, end) = channel();
    let download = {
        let stop = Arc::clone(&stop);
        move || {
            let tell = |event| tell.send(event).unwrap();
            let outcome = download(&client(PATIENCE).unwrap(), 0, &url, &stop, tell);
            ended.send(outcome).unwrap();
        }
    };
    thread::spawn(download);
    let mut stream = answer(&site);
    stream.write_all(&[b'x'; 10]).unwrap();
    let mut received = 0;
    while received < 10 {
        if let Event::Received(_, bytes) = told.recv_timeout(PATIENCE).unwrap() {
            received += bytes;
        }
    }
    stop.store(true, SeqCst);
    // It may be in a read already: that one ends with the next byte. Then no more is read, though the site, which has 989
    // bytes still to send, is silent.
    stream.write_all(b"y").unwrap();
    assert_eq!(end.recv_timeout(PATIENCE).unwrap(), Ok(Outcome::Stopped));
    let more: Vec<Event> = told.try_iter().collect();
    assert!(more.len() <= 1, "{more:?}");
}

#[test]
fn what_has_not_begun_when_it_is_stopped_is_not_asked_for() {
    let web = SlowWeb::builder().start().unwrap();
    let (pool, stop) = (ThreadPool::new(2).unwrap(), Arc::new(AtomicBool::new(true)));
    let urls = vec![web.url("/large"); 5];
    let events = download_all(&pool, &client(PATIENCE).unwrap(), &urls, &stop);
    let ended: Vec<Event> = events.iter().collect();
    assert_eq!(ended.len(), 5);
    assert!(ended.iter().all(|event| matches!(event, Event::Ended(_, Outcome::Stopped))));
    assert_eq!(web.requests(), 0);
}

#[test]
fn a_failing_file_loses_none_of_the_others_and_the_totals_add_up() {
    let web = SlowWeb::builder().start().unwrap();
    let paths = ["/stream/1000/40", "/status/404", "/cut", "/empty", "/large"];
    let urls = paths.map(|path| web.url(path));
    let pool = ThreadPool::new(3).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut tally = Tally::new(urls.len());
    let events = download_all(&pool, &client(PATIENCE).unwrap(), &urls, &stop);
    let drawn = watch(&events, &never(), &stop, PATIENCE, |event| {
        tally.add(&event);
        Ok(())
    });
    assert!(!drawn.unwrap());
    assert_eq!(tally.bytes, [1000, 0, 512, 0, 4 << 20]);
    assert_eq!((tally.ended(), tally.whole(), tally.failed()), (5, 3, 2));
    assert_eq!((tally.bytes_whole(), tally.bytes_in_part()), (1000 + (4 << 20), 512));
    assert_eq!(tally.outcomes[0], Some(Outcome::Whole));
    let not_found = FetchErrorKind::Status(404);
    assert_eq!(tally.outcomes[1], Some(Outcome::Failed(not_found)));
    assert!(matches!(&tally.outcomes[2], Some(Outcome::Failed(FetchErrorKind::Body(_)))));

    pool.shutdown(); // returns, so no worker is left
    assert_eq!(Arc::strong_count(&stop), 1, "nothing holds the flag any more");
}

#[test]
fn each_file_ends_once_and_that_is_its_last_word() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = vec![web.url("/stream/500/20"); 12];
    let pool = ThreadPool::new(4).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let events: Vec<Event> =
        download_all(&pool, &client(PATIENCE).unwrap(), &urls, &stop).iter().collect();
    for file in 0..12 {
        let of = |event: &&Event| matches!(event, Event::Began(n, _) | Event::Received(n, _) | Event::Ended(n, _) if *n == file);
        let own: Vec<&Event> = events.iter().filter(of).collect();
        assert_eq!(own[0], &Event::Began(file, Some(500)));
        assert_eq!(own.last(), Some(&&Event::Ended(file, Outcome::Whole)));
        let ends = own.iter().filter(|event| matches!(event, Event::Ended(..)));
        assert_eq!(ends.count(), 1);
    }
}

#[test]
fn an_interrupt_is_answered_though_a_download_is_stuck() {
    // A site that takes the request and says nothing: that wait never ends by itself.
    let (site, url) = by_hand();
    let pool = ThreadPool::new(1).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (interrupt, interrupts) = bounded(2);
    let events = download_all(&pool, &client(PATIENCE).unwrap(), &[url], &stop);
    let (stream, _) = site.accept().unwrap(); // so the worker is waiting for the answer
    interrupt.send(()).unwrap();
    let interrupted = watch(&events, &interrupts, &stop, Duration::ZERO, |event| {
        panic!("nothing has happened: {event:?}")
    });
    assert!(interrupted.unwrap());
    assert!(stop.load(SeqCst));
    drop(stream); // the site hangs up: now the wait ends, and the drop of the pool with it
}

#[test]
fn a_second_interrupt_waits_for_nobody() {
    let (_events, silent) = unbounded();
    let (interrupt, interrupts) = bounded(2);
    interrupt.send(()).unwrap();
    interrupt.send(()).unwrap();
    let stop = AtomicBool::new(false);
    // Were it to wait for the end of the grace, or of the downloads, it would not return.
    let forever = Duration::from_secs(100_000);
    let (tell, told) = channel();
    thread::spawn(move || {
        tell.send(watch(&silent, &interrupts, &stop, forever, |_| Ok(())).unwrap())
    });
    assert_eq!(told.recv_timeout(PATIENCE), Ok(true));
}

#[test]
fn a_screen_that_fails_stops_the_downloads() {
    let web = SlowWeb::builder().start().unwrap();
    let pool = ThreadPool::new(1).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    // A minute each: the drop of the pool waits for them, unless they are stopped.
    let urls = vec![web.url("/stream/60000/60000"); 3];
    let events = download_all(&pool, &client(PATIENCE * 10).unwrap(), &urls, &stop);
    let full = watch(&events, &never(), &stop, PATIENCE, |_| {
        Err(io::Error::from(io::ErrorKind::StorageFull))
    });
    assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
    let (tell, told) = channel();
    thread::spawn(move || {
        pool.shutdown();
        tell.send(())
    });
    assert_eq!(told.recv_timeout(PATIENCE), Ok(()));
    assert_eq!(web.requests(), 1, "the others were not begun");
}

#[cfg(unix)]
mod program {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::sync::LazyLock;

    use while_you_wait::programs::Programs;

    static PROGRAMS: LazyLock<Programs> =
        LazyLock::new(|| Programs::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());

    fn downloads(arguments: &[&str]) -> Command {
        let mut command = PROGRAMS.command("cargo run --example 03-downloads").unwrap();
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[test]
    fn without_a_terminal_there_is_a_line_for_each_file_and_nothing_that_moves_a_cursor()
    {
        let output = downloads(&[]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]));
        assert!(!text.contains(['\u{1b}', '\r']), "{text:?}");
        assert_eq!(text.matches("whole").count(), 5, "{text}");
        assert!(text.ends_with("\n5 of 5 files are here, 1500000 bytes\n"), "{text}");
    }

    #[test]
    fn ctrl_c_ends_it_with_130_and_what_has_arrived_is_told() {
        // The second takes a minute, and is under way when the first is here.
        let mut running =
            downloads(&["/stream/1000/500", "/stream/60000/60000"]).spawn().unwrap();
        let mut stdout = BufReader::new(running.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("whole") {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it ended by itself");
        }
        let kill =
            Command::new("kill").args(["-INT", &running.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(130), "{rest}");
        let lines: Vec<&str> = rest.trim().lines().collect();
        assert_eq!(lines[..2], ["interrupted", "1 of 2 files are here, 1000 bytes"]);
        // Whether a piece of the second had come by then is luck.
        assert!(
            lines[2..].iter().all(|line| line.starts_with("of the others ")),
            "{rest}"
        );
    }

    #[test]
    fn a_file_that_fails_is_exit_code_1() {
        let output = downloads(&["/status/404", "/empty"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("failed: status 404"), "{text}");
        assert!(text.ends_with("1 of 2 files are here, 0 bytes\n"), "{text}");
    }
}
