//! The slow web keeps its promises. By structure: what was counted, who was answered; never how long it took.
//!
//! Where something must *not* happen, the test waits a moment for it. Too short a moment can only let a fault pass;
//! it cannot fail a web that is right.

use std::{
    error::Error,
    io::{self, BufRead, BufReader, Read, Write},
    iter,
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{LazyLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use lab::slow_web::{DEFAULT_DELAYS_MS, Latency, SPECIAL_PATHS, SlowWeb, latencies};
use reqwest::{
    StatusCode,
    blocking::{Client, ClientBuilder, Response},
    redirect::Policy,
};

/// Longer than any machine takes: whoever waits so long waits for ever.
const FOREVER: Duration = Duration::from_secs(30);
/// How long to watch for what must not happen.
const A_MOMENT: Duration = Duration::from_millis(100);
const NO_TIME: Latency = Latency::Constant(Duration::ZERO);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn start(builder: lab::slow_web::Builder) -> SlowWeb {
    builder.start().expect("a free port on loopback")
}

/// A web with one site, `/quick`, that answers at once.
fn quick() -> lab::slow_web::Builder {
    SlowWeb::builder().site("quick", NO_TIME)
}

fn new_client() -> ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default(); // an Err: another test was first
    Client::builder().no_proxy().timeout(FOREVER)
}

/// The client of most tests: it opens a connection for each request, so that no test finds one of another.
static CLIENT: LazyLock<Client> =
    LazyLock::new(|| new_client().pool_max_idle_per_host(0).build().expect("a client"));

fn get(web: &SlowWeb, path: &str) -> Response {
    CLIENT.get(web.url(path)).send().expect("an answer")
}

fn text(web: &SlowWeb, path: &str) -> String {
    get(web, path).text().expect("a body")
}

/// A request whose answer is not read, on a connection of its own that the test can hold or hang up.
fn ask(web: &SlowWeb, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(web.address()).expect("the web listens");
    stream.set_read_timeout(Some(FOREVER)).expect("not zero");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .expect("the web reads");
    stream
}

/// The head of an answer.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.extend(byte);
    }
    String::from_utf8(head).expect("a head is ASCII")
}

fn is_unanswered(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(A_MOMENT)).expect("not zero");
    let read = stream.read(&mut [0]);
    stream.set_read_timeout(Some(FOREVER)).expect("not zero");
    read.is_err_and(|e| {
        matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
    })
}

/// Waits until the other thread has got there, and says how it stands when it never does.
fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < FOREVER, "waited in vain until {what}");
        thread::yield_now();
    }
}

fn until_in_flight(web: &SlowWeb, n: usize) {
    until(&format!("{n} are in flight"), || web.in_flight() == n);
}

/// The kinds of all I/O errors under this one.
fn io_kinds(error: &reqwest::Error) -> Vec<io::ErrorKind> {
    iter::successors(error.source(), |&e| e.source())
        .filter_map(|e| e.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .collect()
}

// What it counts

#[test]
fn requests_and_connections_are_counted_and_stats_says_the_same() {
    let web = start(quick());
    let mut first = ask(&web, "/empty");
    head(&mut first);
    write!(first, "GET /empty HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .expect("the web reads");
    head(&mut first); // the second request on the same connection
    head(&mut ask(&web, "/nowhere"));
    assert_eq!((web.requests(), web.connections()), (3, 2));

    let stats = text(&web, "/stats"); // a connection more, but no request
    assert_eq!(
        stats,
        r#"{"requests":3,"connections":3,"in_flight":0,"peak_in_flight":1,"given_up":0}"#
    );
    assert_eq!(web.requests(), 3);
}

#[test]
fn who_hangs_up_before_the_answer_has_given_up() {
    let web = start(quick());
    let waiting = [ask(&web, "/never"), ask(&web, "/never")];
    head(&mut ask(&web, "/empty")); // answered, and no case of giving up
    until_in_flight(&web, 2);
    assert_eq!(web.given_up(), 0);
    drop(waiting);
    until_in_flight(&web, 0);
    assert_eq!((web.requests(), web.given_up()), (3, 2));
}

#[test]
fn a_sequential_client_is_never_seen_as_two() {
    let web = start(quick());
    let client = new_client().build().expect("a client"); // keeps its connection
    for _ in 0..200 {
        client.get(web.url("quick")).send().expect("an answer");
    }
    assert_eq!((web.requests(), web.peak_in_flight(), web.in_flight()), (200, 1, 0));
}

#[test]
fn requests_that_overlap_are_in_flight_together() {
    let web = start(quick());
    let asked: Vec<_> = (0..7).map(|_| ask(&web, "/never")).collect();
    until_in_flight(&web, 7);
    assert_eq!(web.peak_in_flight(), 7);
    drop(asked);
    until_in_flight(&web, 0); // the clients gave up
    assert_eq!((web.requests(), web.peak_in_flight()), (7, 7));
}

#[test]
fn an_answer_waits_for_its_own_latency_only() {
    let web = start(quick().site("slow", Latency::Constant(FOREVER)));
    let mut slow = ask(&web, "/slow");
    let mut delayed = ask(&web, "/delay/60000");
    until_in_flight(&web, 2);
    assert_eq!(get(&web, "quick").status(), StatusCode::OK);
    assert_eq!(get(&web, "delay/1").status(), StatusCode::OK);
    assert!(is_unanswered(&mut slow));
    assert!(is_unanswered(&mut delayed));
    assert_eq!(web.in_flight(), 2);
}

// Slots

#[test]
fn as_many_are_served_at_once_as_there_are_slots() {
    let web = start(quick().slots(2));
    let holding = [ask(&web, "/delay/60000"), ask(&web, "/delay/60000")];
    until_in_flight(&web, 2);
    let mut queued = ask(&web, "/quick");
    until_in_flight(&web, 3); // who queues is in flight
    assert!(is_unanswered(&mut queued));
    drop(holding);
    assert!(head(&mut queued).starts_with("HTTP/1.1 200"));

    let _one = ask(&web, "/delay/60000");
    until_in_flight(&web, 1);
    assert_eq!(get(&web, "quick").status(), StatusCode::OK, "the second slot is free");
}

#[test]
fn the_queue_for_a_slot_is_first_in_first_out() {
    let web = start(quick().slots(1));
    let holding = ask(&web, "/delay/60000");
    until_in_flight(&web, 1);
    let mut first = ask(&web, "/quick");
    until_in_flight(&web, 2);
    let _later = ask(&web, "/delay/60000"); // had it the slot, the first would wait a minute
    until_in_flight(&web, 3);
    drop(holding);
    assert!(head(&mut first).starts_with("HTTP/1.1 200"));
}

// The barrier

#[test]
fn a_barrier_lets_five_threads_pass_together() {
    let web = start(SlowWeb::builder().sites([Duration::ZERO; 5]).barrier(5, FOREVER));
    for round in 1..=2 {
        thread::scope(|scope| {
            let asking: Vec<_> = web
                .urls()
                .into_iter()
                .map(|url| scope.spawn(|| CLIENT.get(url).send()))
                .collect();
            for thread in asking {
                let answer = thread.join().expect("no panic").expect("an answer");
                assert_eq!(answer.status(), StatusCode::OK);
            }
        });
        assert_eq!(
            (web.requests(), web.peak_in_flight(), web.in_flight()),
            (5 * round, 5, 0)
        );
    }
}

#[test]
fn a_barrier_refuses_one_after_another_and_says_why() {
    let web = start(SlowWeb::builder().sites([Duration::ZERO; 5]).barrier(5, ms(10)));
    for url in web.urls() {
        let answer = CLIENT.get(url).send().expect("an answer");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            answer.text().expect("a body"),
            "1 of 5 requests arrived together within 10 ms: they are made one after another\n"
        );
    }
    assert_eq!(
        text(&web, "delay/0"),
        "answered after 0 ms\n",
        "only sites are behind the barrier"
    );
}

#[test]
fn a_new_group_begins_where_one_was_refused() {
    let web = start(quick().barrier(2, ms(200)));
    assert_eq!(get(&web, "quick").status(), StatusCode::SERVICE_UNAVAILABLE);
    // For a while they are refused as the first one was. Two that start together may still miss each other on a busy machine: they try until they meet.
    until("two pass together", || {
        let (mut one, mut other) = (ask(&web, "/quick"), ask(&web, "/quick"));
        let (one, other) = (head(&mut one), head(&mut other));
        one.starts_with("HTTP/1.1 200") && other.starts_with("HTTP/1.1 200")
    });
}

#[test]
fn who_hangs_up_at_the_barrier_has_not_arrived() {
    let web = start(quick().barrier(2, ms(500)));
    let gone = ask(&web, "/quick");
    until_in_flight(&web, 1);
    drop(gone);
    until_in_flight(&web, 0);
    assert!(text(&web, "quick").starts_with("1 of 2 requests"));
}

// Draws

/// The statuses of 40 requests to each of two sites, asked in turn or one site after the other.
fn statuses(seed: u64, in_turn: bool) -> [Vec<u16>; 2] {
    let web = start(
        SlowWeb::builder()
            .site("a", NO_TIME)
            .site("b", NO_TIME)
            .error_rate(0.5)
            .seed(seed),
    );
    let ask =
        |site| CLIENT.get(web.url(site)).send().expect("an answer").status().as_u16();
    if in_turn {
        (0..40).map(|_| (ask("a"), ask("b"))).unzip::<_, _, Vec<_>, Vec<_>>().into()
    } else {
        ["a", "b"].map(|site| (0..40).map(|_| ask(site)).collect())
    }
}

#[test]
fn errors_depend_on_seed_site_and_count_and_not_on_what_happens_elsewhere() {
    let [a, b] = statuses(7, true);
    assert_eq!([a.clone(), b.clone()], statuses(7, false));
    assert_ne!([a.clone(), b.clone()], statuses(8, true));
    assert_ne!(a, b);
    assert!([200, 500].iter().all(|status| a.contains(status)), "{a:?}");
}

#[test]
fn an_error_rate_of_zero_never_fails_and_of_one_always() {
    for (rate, status) in
        [(0.0, StatusCode::OK), (1.0, StatusCode::INTERNAL_SERVER_ERROR)]
    {
        let web = start(quick().error_rate(rate));
        assert!((0..50).all(|_| get(&web, "quick").status() == status), "at {rate}");
    }
}

#[test]
fn latencies_are_drawn_from_where_they_say() {
    let draws = |latency: Latency| -> Vec<Duration> {
        (0..10_001).map(|n| latency.nth(0, "site", n)).collect()
    };
    let median = |mut draws: Vec<Duration>| *draws.select_nth_unstable(5_000).1;
    let near = |a: Duration, b: Duration| a.abs_diff(b) < b / 20;

    assert!(draws(Latency::constant(ms(50))).iter().all(|&l| l == ms(50)));

    let uniform = draws(Latency::uniform(ms(50), ms(200)));
    assert_eq!(
        uniform,
        draws(Latency::uniform(ms(50), ms(200))),
        "the same seed draws the same"
    );
    assert!(uniform.iter().all(|&l| (ms(50)..=ms(200)).contains(&l)));
    assert!(near(median(uniform.clone()), ms(125)), "{:?}", median(uniform));

    let long = draws(Latency::long_tail(ms(50), 2.0, ms(500)));
    assert!(long.iter().all(|&l| (ms(50)..=ms(500)).contains(&l)));
    assert!(
        near(median(long.clone()), ms(50).mul_f64(2_f64.sqrt())),
        "{:?}",
        median(long)
    );
    // P(latency = cap) = (50 / 500)^2 = 1 %
    let capped = long.iter().filter(|&&l| l == ms(500)).count();
    assert!((70..=130).contains(&capped), "{capped} of 10001 at the cap");
}

#[test]
fn latencies_follow_the_options() {
    let explicit = [10, 20, 30].map(ms);
    assert_eq!(latencies(None, None, &[], 0), DEFAULT_DELAYS_MS.map(ms));
    assert_eq!(latencies(None, None, &explicit, 0), explicit);
    assert_eq!(latencies(None, Some(ms(5)), &[], 0), [ms(5); 5]);
    assert_eq!(latencies(None, Some(ms(5)), &explicit, 0), [ms(5); 3]);
    assert_eq!(latencies(Some(2), Some(ms(5)), &explicit, 0), [ms(5); 2]);
    assert_eq!(latencies(Some(4), None, &explicit, 0), [10, 20, 30, 10].map(ms));
    assert_eq!(latencies(Some(0), None, &[], 0), []);

    let drawn = latencies(Some(1000), None, &[], 3);
    assert!(drawn.iter().all(|l| (ms(50)..=ms(200)).contains(l)));
    assert_eq!(latencies(Some(10), None, &[], 3), drawn[..10]);
    assert_ne!(latencies(Some(10), None, &[], 4), drawn[..10]);
}

// What it answers

#[test]
fn a_site_answers_get_and_head_with_a_text_of_the_size_that_was_asked_for() {
    for size in [0, 1, 1024, 100_000] {
        let web = start(quick().body_size(size));
        let answer = get(&web, "quick");
        assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
        let body = answer.text().expect("a body");
        assert_eq!(body.len(), size);
        assert!(
            body.is_ascii() && "quick: good things".starts_with(&body[..size.min(18)])
        );
        assert_eq!(body, text(&web, "quick"));

        let head = CLIENT.head(web.url("quick")).send().expect("an answer");
        assert_eq!(
            (head.status(), head.headers()["content-length"].to_str().ok()),
            (StatusCode::OK, Some(&*size.to_string()))
        );
    }
}

#[test]
fn urls_are_those_of_the_sites_in_order() {
    let web = start(quick().sites([ms(1), ms(2)]));
    let address = web.address();
    assert!(address.ip().is_loopback());
    let expected =
        ["quick", "site-1", "site-2"].map(|name| format!("http://{address}/{name}"));
    assert_eq!(web.urls().iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    assert_eq!(web.url("delay/5"), web.url("/delay/5"));
    assert_eq!(web.url("/stats?now").as_str(), format!("http://{address}/stats?now"));
}

#[test]
fn the_list_names_every_path_and_every_listed_path_is_served() {
    let web = start(quick());
    let list = text(&web, "/");
    assert!(list.contains("/quick"));
    let curious = new_client().redirect(Policy::none()).build().expect("a client");
    for (path, what) in SPECIAL_PATHS {
        assert!(list.contains(path) && list.contains(what), "{path}: {list}");
        assert!(what.len() <= 60);
        if path == "/never" || path == "/{anything else}" {
            continue; // tested on their own
        }
        let path = path.replace("{ms}", "0").replace("{code}", "200").replace("{n}", "1");
        let answer = curious.head(web.url(&path)).send().expect("an answer");
        assert_ne!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn a_stream_tells_its_length_and_comes_in_pieces() {
    let web = start(quick());
    let body = |path| text(&web, path);
    assert_eq!(body("/stream/0/0"), "");
    assert_eq!(body("/stream/1/40"), "s");
    assert_eq!(body("/stream/100000/60").len(), 100_000);
    assert!(body("/stream/100000/0").starts_with("stream: good things"));

    // A body that takes a minute: its first read is a part of it.
    let mut stream = ask(&web, "/stream/3000/60000");
    assert!(head(&mut stream).to_lowercase().contains("content-length: 3000\r\n"));
    let mut some = [0; 3000];
    let read = stream.read(&mut some).expect("the first piece");
    assert!((1..3000).contains(&read), "{read} bytes at once");
    assert!(some.starts_with(b"s"));

    for bad in ["/stream/x/0", "/stream/1/x", "/stream/1/60001", "/stream/67108865/0"] {
        assert_eq!(get(&web, bad).status(), StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[test]
fn trickle_sends_its_bytes_one_by_one() {
    let web = start(quick());
    let mut stream = ask(&web, "/trickle");
    assert!(head(&mut stream).contains("200 OK"));
    // HTTP frames each piece of a body whose length is not known: "1" is the size of this one.
    let mut pieces = 0;
    let mut lines = BufReader::new(stream).lines();
    while lines.next().expect("a size").expect("text") == "1" {
        lines.next().expect("a byte").expect("text");
        pieces += 1;
        if pieces == 19 {
            break; // the last byte is a line feed, which this way of reading takes for the end of a line
        }
    }
    assert_eq!(pieces, 19);
    assert_eq!(text(&web, "/trickle").len(), 20);
}

#[test]
fn status_and_delay_answer_what_was_asked_or_say_why_not() {
    let web = start(quick());
    for code in [200, 204, 301, 404, 503, 599] {
        assert_eq!(get(&web, &format!("status/{code}")).status(), code);
    }
    for path in
        ["status/100", "status/600", "status/x", "delay/60001", "delay/-1", "delay/x"]
    {
        let answer = get(&web, path);
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.text().expect("a body").contains(" takes "), "{path}");
    }
    let nowhere = get(&web, "/no/where");
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        nowhere.text().expect("a body"),
        "nothing is served at /no/where; / lists what is\n"
    );
    assert_eq!(get(&web, "nowhere").status(), StatusCode::NOT_FOUND);
}

#[test]
fn redirects_lead_to_the_first_site_and_nowhere() {
    let web = start(quick());
    assert_eq!(*get(&web, "redirect").url(), web.urls()[0]);
    assert_eq!(*get(&start(SlowWeb::builder()), "redirect").url().path(), *"/");
    let error = CLIENT.get(web.url("redirect-loop")).send().expect_err("it never ends");
    assert!(error.is_redirect(), "{error:?}");
}

#[test]
fn never_is_a_timeout() {
    let web = start(quick());
    let error = CLIENT
        .get(web.url("never"))
        .timeout(A_MOMENT)
        .send()
        .expect_err("there is no answer");
    assert!(error.is_timeout(), "{error:?}");
}

#[test]
fn reset_is_a_connection_reset_in_the_body() {
    let web = start(quick());
    let answer = get(&web, "reset");
    assert_eq!(answer.status(), StatusCode::OK);
    let error = answer.text().expect_err("the body breaks off");
    assert_eq!(io_kinds(&error), [io::ErrorKind::ConnectionReset], "{error:?}");
    assert_eq!(get(&web, "quick").status(), StatusCode::OK, "other connections live");
}

#[test]
fn cut_is_an_incomplete_body() {
    let web = start(quick());
    let answer = get(&web, "cut");
    assert_eq!((answer.status(), answer.content_length()), (StatusCode::OK, Some(1024)));
    let error = answer.text().expect_err("the body breaks off");
    assert_eq!(io_kinds(&error), [io::ErrorKind::UnexpectedEof], "{error:?}");

    let mut raw = ask(&web, "/cut");
    head(&mut raw);
    let mut part = Vec::new();
    raw.read_to_end(&mut part).expect("an orderly close, not a reset");
    assert_eq!(part.len(), 512);
}

#[test]
fn bodies_can_be_no_utf8_or_empty_or_large() {
    let web = start(quick());
    let answer = get(&web, "not-utf8");
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(str::from_utf8(&answer.bytes().expect("a body")).is_err());
    assert_eq!(text(&web, "empty"), "");
    assert_eq!(text(&web, "large").len(), 4 << 20);
}

#[test]
fn the_refused_address_refuses_and_is_nobody_elses() {
    let web = start(quick());
    let refused = web.refused_url();
    let error = CLIENT.get(refused.clone()).send().expect_err("nobody listens");
    assert!(error.is_connect(), "{error:?}");
    assert!(io_kinds(&error).contains(&io::ErrorKind::ConnectionRefused), "{error:?}");
    let taken = SlowWeb::builder()
        .port(refused.port().expect("a port"))
        .start()
        .expect_err("it is held");
    assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
}

// Its life

#[test]
fn a_taken_port_is_an_error() {
    let web = start(quick());
    let port = web.address().port();
    let error = SlowWeb::builder().port(port).start().expect_err("it is taken");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("127.0.0.1:{port}: ")), "{error}");
}

#[test]
fn what_makes_no_sense_is_refused_with_a_sentence() {
    let second = Duration::from_secs(1);
    for (builder, word) in [
        (quick().slots(0), "0 slots"),
        (quick().error_rate(1.1), "error rate"),
        (quick().error_rate(f64::NAN), "error rate"),
        (quick().body_size(usize::MAX), "body size"),
        (quick().site("quick", NO_TIME), "twice"),
        (quick().site("stats", NO_TIME), "already"),
        (quick().site("", NO_TIME), "site name"),
        (quick().site("..", NO_TIME), "site name"),
        (quick().site("a/b", NO_TIME), "site name"),
        (quick().site("u", Latency::uniform(second, ms(1))), "longer than"),
        (quick().site("l", Latency::long_tail(ms(1), 0.0, second)), "shape"),
    ] {
        let error = builder.start().expect_err(word);
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_web_goes_down_at_once_with_requests_pending_and_connections_open() {
    let web = start(quick().slots(1).barrier(2, FOREVER));
    let address = web.address();
    let mut pending =
        ["/never", "/quick", "/delay/60000", "/delay/60000"].map(|path| ask(&web, path));
    let mut idle = ask(&web, "/empty");
    head(&mut idle);
    until_in_flight(&web, 4);

    let (gone, is_gone) = mpsc::channel();
    thread::spawn(move || {
        drop(web);
        // At once: only a thread that was joined has surely let go of its port.
        gone.send(TcpStream::connect(address).is_err()).expect("the test waits");
    });
    assert!(
        is_gone.recv_timeout(FOREVER).expect("the drop returns"),
        "nobody listens any more"
    );
    for stream in pending.iter_mut().chain([&mut idle]) {
        assert!(
            matches!(stream.read(&mut [0]), Ok(0) | Err(_)),
            "the connection is closed without an answer"
        );
    }
}

// The program

/// `cargo test` builds the examples beside the tests; `cargo test --test slow_web` alone does not.
fn program() -> Command {
    let mut path: PathBuf = std::env::current_exe().expect("the path of this test");
    path.pop();
    path.pop();
    path.push(format!("examples/slow-web{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: run `cargo build -p lab --examples` first",
        path.display()
    );
    let mut command = Command::new(path);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn the_program_prints_its_address_first_and_ends_with_its_input() {
    let mut child = program()
        .args(["--port", "0", "--sites", "12", "--delay", "0", "--until-stdin-closes"])
        .spawn()
        .expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    out.read_line(&mut first).expect("a line");
    let address = first.trim_end().strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET /site-12 HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("it reads");
    assert!(head(&mut stream).starts_with("HTTP/1.1 200"));

    drop(child.stdin.take());
    assert!(child.wait().expect("it ends").success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("text");
    assert!(rest.lines().all(|line| line.len() <= 80), "{rest}");
    assert!(
        rest.contains("/site-10 ")
            && rest.contains("2 more")
            && rest.contains("/delay/{ms}"),
        "{rest}"
    );
}

#[test]
fn the_program_does_not_mind_a_closed_pipe() {
    let mut child = program()
        .args(["--port", "0", "--until-stdin-closes"])
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends"); // closes its input as well
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn the_program_says_in_one_line_what_is_wrong() {
    let web = start(quick());
    let port = web.address().port().to_string();
    for (arguments, line) in [
        (
            &["--port", &*port][..],
            &*format!(
                "slow-web: port {port} is taken: choose another with --port, or 0 for any free one\n"
            ),
        ),
        (
            &["--port", "0", "--slots", "0"],
            "slow-web: invalid value '0' for '--slots <N>': 0 is not in 1..=1000000 (try --help)\n",
        ),
        (
            &["--delays", "1,x"],
            "slow-web: invalid value 'x' for '--delays <MS,MS,...>': invalid digit found in string (try --help)\n",
        ),
        (&["--sitse"], "slow-web: unexpected argument '--sitse' found (try --help)\n"),
    ] {
        let ended = program().args(arguments).output().expect("it starts");
        assert_eq!(ended.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&ended.stderr), line);
        assert!(ended.stdout.is_empty());
    }
}
