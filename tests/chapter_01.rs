//! Chapter 1 against servers that behave in every way that a server can.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use httpmock::Method::GET;
use httpmock::MockServer;
use lab::slow_web::SlowWeb;
use sequential_fetch::{
    FetchError, FetchErrorKind, Page, Url, client, crunch, crunch_all, fetch, fetch_all,
};

/// Longer than any answer in these tests takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn fetch_with(timeout: Duration, url: &str) -> Result<Page, FetchError> {
    fetch(&client(timeout).unwrap(), &url.parse().unwrap())
}

fn kind(result: Result<Page, FetchError>) -> FetchErrorKind {
    result.expect_err("a failure").kind
}

/// Answers the first connection with `answer`, and returns the address to ask.
fn answering(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // One read holds the whole of such a small request.
        let _ = stream.read(&mut [0; 4096]);
        answer(&mut stream);
    });
    format!("http://{address}/")
}

#[test]
fn a_page_is_its_status_its_size_and_the_address_that_was_asked() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.method(GET).path("/page");
        then.status(200).body("hello");
    });
    let page = fetch_with(PATIENCE, &server.url("/page")).unwrap();
    assert_eq!((page.status, page.bytes), (200, 5));
    assert_eq!(page.url.as_str(), server.url("/page"));
    assert_eq!(page.to_string(), "200, 5 bytes");
}

#[test]
fn a_status_outside_200_to_299_is_an_error_that_names_it() {
    let server = MockServer::start();
    for status in [404_u16, 500, 503] {
        server.mock(|when, then| {
            when.path(format!("/{status}"));
            then.status(status).body("no");
        });
        let url = server.url(format!("/{status}"));
        assert_eq!(kind(fetch_with(PATIENCE, &url)), FetchErrorKind::Status(status));
    }
}

#[test]
fn a_redirect_is_followed_and_one_without_end_is_given_up() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path("/old");
        then.status(302).header("location", "/new");
    });
    server.mock(|when, then| {
        when.path("/new");
        then.status(200).body("moved");
    });
    let page = fetch_with(PATIENCE, &server.url("/old")).unwrap();
    assert_eq!((page.bytes, page.url.path()), (5, "/old"));

    let web = SlowWeb::builder().start().unwrap();
    let kind = kind(fetch_with(PATIENCE, web.url("/redirect-loop").as_str()));
    assert!(
        matches!(&kind, FetchErrorKind::Connection(why) if why.contains("redirect")),
        "{kind:?}"
    );
}

#[test]
fn an_answer_within_the_timeout_is_a_page_and_no_answer_is_a_timeout() {
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path("/slow");
        then.status(200).delay(Duration::from_millis(50)).body("at last");
    });
    assert_eq!(fetch_with(PATIENCE, &server.url("/slow")).unwrap().bytes, 7);

    let web = SlowWeb::builder().start().unwrap();
    let never = fetch_with(Duration::from_millis(100), web.url("/never").as_str());
    assert_eq!(kind(never), FetchErrorKind::Timeout);
}

#[test]
fn the_timeout_is_one_deadline_for_head_and_body_together() {
    // Neither part alone takes as long as the timeout; together they do, on the slowest machine as on the fastest.
    let part = Duration::from_millis(350);
    let url = answering(move |stream| {
        thread::sleep(part);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n");
        thread::sleep(part);
        let _ = stream.write_all(b"body");
        let _ = stream.read(&mut [0; 64]);
    });
    assert_eq!(
        kind(fetch_with(Duration::from_millis(500), &url)),
        FetchErrorKind::Timeout
    );
}

#[test]
fn bodies_of_every_kind_are_counted_in_bytes() {
    let web = SlowWeb::builder().start().unwrap();
    for (path, bytes) in [("/empty", 0), ("/large", 4 << 20)] {
        assert_eq!(
            fetch_with(PATIENCE, web.url(path).as_str()).unwrap().bytes,
            bytes,
            "{path}"
        );
    }
    let server = MockServer::start();
    server.mock(|when, then| {
        when.path("/bytes");
        then.status(200)
            .header("content-type", "text/plain; charset=utf-8")
            .body([0xff, 0xfe, 0x00]);
    });
    assert_eq!(fetch_with(PATIENCE, &server.url("/bytes")).unwrap().bytes, 3);
}

#[test]
fn a_body_that_does_not_arrive_whole_is_an_error_of_the_body() {
    let web = SlowWeb::builder().start().unwrap();
    for path in ["/cut", "/reset"] {
        let kind = kind(fetch_with(PATIENCE, web.url(path).as_str()));
        assert!(matches!(kind, FetchErrorKind::Body(_)), "{path}: {kind:?}");
    }
}

#[test]
fn nobody_listening_is_refused() {
    let web = SlowWeb::builder().start().unwrap();
    let refused = fetch_with(PATIENCE, web.refused_url().as_str());
    assert_eq!(kind(refused), FetchErrorKind::Refused);
}

#[test]
fn an_address_that_cannot_work_is_an_error_of_the_address() {
    // A label of 64 letters cannot be asked of any name server, so nothing is.
    for url in ["ftp://127.0.0.1/", &format!("http://{}/", "a".repeat(64))] {
        let kind = kind(fetch_with(PATIENCE, url));
        assert!(matches!(kind, FetchErrorKind::Address(_)), "{url}: {kind:?}");
    }
}

#[test]
fn an_answer_that_is_not_http_and_one_that_never_begins_are_errors_of_the_connection() {
    let garbage = answering(|stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
    });
    let nothing = answering(|_| {});
    for url in [garbage, nothing] {
        let kind = kind(fetch_with(PATIENCE, &url));
        assert!(matches!(kind, FetchErrorKind::Connection(_)), "{kind:?}");
    }
}

#[test]
fn a_server_that_does_not_speak_tls_is_told_from_other_failures() {
    let url = answering(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        // Until the client has read that, and hung up.
        let _ = stream.read(&mut [0; 64]);
    });
    let kind = kind(fetch_with(PATIENCE, &url.replace("http:", "https:")));
    assert!(
        matches!(&kind, FetchErrorKind::Connection(why) if why.starts_with("TLS, ")),
        "{kind:?}"
    );
}

#[test]
fn sequential_means_one_in_flight_on_one_connection_in_the_order_given() {
    let web =
        SlowWeb::builder().sites([3, 1, 2].map(Duration::from_millis)).start().unwrap();
    let urls = web.urls();
    let results = fetch_all(&client(PATIENCE).unwrap(), &urls);
    let asked: Vec<Url> = results.into_iter().map(|result| result.unwrap().url).collect();
    assert_eq!(asked, urls);
    assert_eq!((web.requests(), web.peak_in_flight(), web.connections()), (3, 1, 1));
}

#[test]
fn a_barrier_of_two_is_never_passed_one_after_another() {
    let deadline = Duration::from_millis(50);
    let web = SlowWeb::builder()
        .sites([Duration::ZERO; 3])
        .barrier(2, deadline)
        .start()
        .unwrap();
    for result in fetch_all(&client(PATIENCE).unwrap(), &web.urls()) {
        assert_eq!(kind(result), FetchErrorKind::Status(503));
    }
}

#[test]
fn one_failure_loses_nothing_else() {
    let web = SlowWeb::builder().sites([Duration::ZERO; 2]).start().unwrap();
    let urls = [
        web.url("/site-1"),
        web.url("/nowhere"),
        web.refused_url(),
        web.url("/cut"),
        web.url("/site-2"),
    ];
    let results = fetch_all(&client(PATIENCE).unwrap(), &urls);
    let seen: Vec<String> = results
        .iter()
        .map(|result| match result {
            Ok(page) => page.to_string(),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(seen[..3], ["200, 1024 bytes", "status 404", "refused"]);
    assert!(seen[3].starts_with("body: "), "{seen:?}");
    assert_eq!(seen[4], "200, 1024 bytes");
    // An error says which address it belongs to.
    assert_eq!(results[2].as_ref().unwrap_err().url, urls[2]);
}

#[test]
fn primes_are_counted_right_however_the_numbers_are_cut() {
    assert_eq!(crunch(0..10), 4); // 2, 3, 5 and 7
    assert_eq!(crunch(7919..7920), 1); // the thousandth prime
    assert_eq!(crunch(5..5), 0);
    // The count below 100,000 (OEIS A006880).
    assert_eq!(crunch(0..100_000), 9592);
    assert_eq!(crunch_all(&[0..1, 1..50_000, 50_000..100_000]).iter().sum::<u64>(), 9592);
    // One count for each chunk, in the order of the chunks.
    assert_eq!(crunch_all(&[10..20, 0..10]), [4, 4]);
    assert_eq!(crunch_all(&[0..3, 20..23]), [1, 0]);
}
