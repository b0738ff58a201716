//! The same on real sockets: servers of this test's own, which cut off, stall, lie and talk nonsense.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use asynchronous::Url;
use asynchronous::retry::{Backoff, Rng};
use futures_util::StreamExt as _;
use futures_util::stream;
use other_waits::link_checker::crawl::crawl;
use other_waits::link_checker::start::Starts;
use other_waits::link_checker::web::{Http, Method};
use other_waits::link_checker::{Known, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::plan::{Act, Plan, Scale, Wanted};
use super::schedules::problems_of_report;
use crate::patience::ends_within;

const SCHEDULES: u64 = 200;
/// How many of them at the same time: most of them wait.
const AT_ONCE: usize = 30;
const PATIENCE: Duration = Duration::from_mins(5);
const LONGEST: Duration = Duration::from_mins(2);

/// What a request is answered with, byte for byte.
#[derive(Debug, Clone)]
enum Reply {
    /// These bytes; then the next request of the connection.
    Bytes(Vec<u8>),
    /// These bytes, and then the connection is reset.
    ThenReset(Vec<u8>),
    /// These bytes, and then the connection is closed, as if all were well.
    ThenClose(Vec<u8>),
    /// These bytes, and then nothing any more.
    ThenStall(Vec<u8>),
    /// These bytes, and then one more from time to time, without end.
    ThenTrickle(Vec<u8>),
}

/// A method and an address as it came over the wire.
type Asked = (Method, Url);

/// A server for one test; it ends with it.
struct Server {
    tasks: JoinSet<()>,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Serves on these, and answers by what `reply` says.
    fn start(
        listeners: Vec<TcpListener>,
        reply: impl Fn(Method, &Url) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let (reply, log) = (Arc::new(reply), Arc::<Mutex<Vec<Asked>>>::default());
        let mut tasks = JoinSet::new();
        for listener in listeners {
            let (reply, log) = (Arc::clone(&reply), Arc::clone(&log));
            tasks.spawn(async move {
                let host = listener.local_addr().unwrap().to_string();
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    let (reply, log, host) =
                        (Arc::clone(&reply), Arc::clone(&log), host.clone());
                    connections.spawn(async move {
                        // A client that hangs up is none of its business.
                        let _ = converse(stream, &host, &*reply, &log).await;
                    });
                    while connections.try_join_next().is_some() {}
                }
            });
        }
        Self { tasks, log }
    }

    fn take_log(&self) -> Vec<Asked> {
        std::mem::take(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn end(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn listeners(how_many: usize) -> Vec<TcpListener> {
    let mut listeners = Vec::new();
    for _ in 0..how_many {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    listeners
}

/// One connection, request by request.
async fn converse(
    mut stream: TcpStream,
    host: &str,
    reply: &(impl Fn(Method, &Url) -> Reply + Send + Sync),
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head);
        let mut words = head.split(' ');
        let method = match words.next() {
            Some("HEAD") => Method::Head,
            _ => Method::Get,
        };
        let path = words.next().unwrap_or("/");
        let url = Url::parse(&format!("http://{host}{path}")).unwrap();
        log.lock().unwrap_or_else(PoisonError::into_inner).push((method, url.clone()));
        let reply = reply(method, &url);
        let (Reply::Bytes(bytes)
        | Reply::ThenReset(bytes)
        | Reply::ThenClose(bytes)
        | Reply::ThenStall(bytes)
        | Reply::ThenTrickle(bytes)) = &reply;
        stream.write_all(bytes).await?;
        match reply {
            Reply::Bytes(_) => {}
            Reply::ThenReset(_) => return stream.set_zero_linger(),
            Reply::ThenClose(_) => return Ok(()),
            Reply::ThenStall(_) => {
                // Until the client has had enough.
                stream.read_u8().await?;
            }
            Reply::ThenTrickle(_) => loop {
                sleep(Duration::from_millis(50)).await;
                stream.write_all(b"x").await?;
            },
        }
    }
}

fn response(status: u16, headers: &str, method: Method, body: &str) -> Vec<u8> {
    let body_sent = if method == Method::Head { "" } else { body };
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\n{headers}\r\n{body_sent}")
        .into_bytes()
}

const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";

/// What an act of a plan is on the wire. How a connection breaks, and where one stalls, is drawn.
fn on_the_wire(act: Act, method: Method, random: &mut Rng) -> Reply {
    let status =
        |status, headers: &str| Reply::Bytes(response(status, headers, method, ""));
    // As far as a page comes.
    let part = match random.u32(0..3) {
        _ if method == Method::Head => Vec::new(),
        0 => Vec::new(),
        1 => b"HTTP/1.1 200 OK\r\nContent-Type: text/ht".to_vec(),
        _ => format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n{HTML}\r\n<p>half")
            .into_bytes(),
    };
    match act {
        Act::Page(body) => Reply::Bytes(response(200, HTML, method, &body)),
        Act::Text(body) => {
            Reply::Bytes(response(200, "Content-Type: text/plain\r\n", method, &body))
        }
        Act::Status(code) | Act::Redirect(code, None) => status(code, ""),
        Act::Later(code, wait) => {
            status(code, &format!("Retry-After: {}\r\n", wait.as_secs()))
        }
        Act::Redirect(code, Some(to)) => status(code, &format!("Location: {to}\r\n")),
        Act::Refuse | Act::Reset if random.bool() => Reply::ThenReset(part),
        Act::Refuse | Act::Reset => Reply::ThenClose(part),
        Act::Stall => Reply::ThenStall(part),
    }
}

async fn check(web: &Http, starts: &Starts, settings: &Settings) -> Known {
    let (_keep, mut interrupts) = mpsc::channel(1);
    let crawled = crawl(web, starts, settings, Vec::new(), &mut interrupts, |_| ());
    timeout(LONGEST, crawled).await.expect("the run ends")
}

fn client() -> Http {
    Http::new(settings().timeout, &[]).unwrap()
}

fn settings() -> Settings {
    let ms = Duration::from_millis;
    Settings {
        // Nothing that is answered takes as long, on a busy machine either.
        timeout: ms(3_000),
        deadline: Duration::from_mins(1),
        backoff: Backoff { base: ms(1), cap: ms(5), attempts: 3, jitter: true },
        delay: Duration::ZERO,
        ..Settings::default()
    }
}

/// Everything that is wrong with one schedule, and how many addresses and requests it had.
async fn carry_out(web: &Http, seed: u64) -> (Vec<String>, usize, usize) {
    let listeners = listeners(4).await;
    let mut hosts: Vec<String> =
        listeners.iter().map(|it| it.local_addr().unwrap().to_string()).collect();
    let late = hosts.pop().unwrap();
    let scale =
        Scale { hosts, late, retry_after: 0, tries: 3, stalls: 2, settings: settings() };
    let plan = Arc::new(Plan::draw(seed, &scale).without_refusals());
    let expected = plan.expected();
    let for_server = Arc::clone(&plan);
    let state = Mutex::new((BTreeMap::<Url, usize>::new(), Rng::with_seed(seed)));
    let server = Server::start(listeners, move |method, url| {
        let (moves, random) = &mut *state.lock().unwrap_or_else(PoisonError::into_inner);
        let act = for_server.act(method, url, moves.entry(url.clone()).or_default());
        on_the_wire(act, method, random)
    });
    let known = check(web, &plan.starts, &plan.settings).await;
    let log = server.take_log();
    server.end().await;

    let mut problems = problems_of_report(&expected, &known);
    let of_report: u32 = known.addresses.values().map(|checked| checked.requests).sum();
    let arrived = log.iter().filter(|(_, url)| url.path() != "/robots.txt").count();
    if of_report as usize != arrived {
        problems.push(format!(
            "the report has {of_report} requests, and the web saw {arrived}"
        ));
    }
    let forbidden = log
        .iter()
        .filter(|(_, url)| url.path() != "/robots.txt" && plan.is_forbidden(url));
    problems.extend(forbidden.map(|(_, url)| format!("{url}: robots.txt forbids it")));
    (problems, known.addresses.len(), log.len())
}

/// The schedules of these seeds, several at once: for each that fails, what is wrong.
async fn carry_out_all(
    seeds: impl IntoIterator<Item = u64>,
) -> (BTreeMap<u64, Vec<String>>, usize, usize) {
    // One for all: to make one takes so long that others would time out meanwhile.
    let web = client();
    let mut all = stream::iter(seeds)
        .map(async |seed| (seed, carry_out(&web, seed).await))
        .buffer_unordered(AT_ONCE);
    let (mut failed, mut addresses, mut requests) = (BTreeMap::new(), 0, 0);
    while let Some((seed, (problems, of_it, asked))) = all.next().await {
        addresses += of_it;
        requests += asked;
        if !problems.is_empty() {
            failed.insert(seed, problems);
        }
    }
    (failed, addresses, requests)
}

fn real<T>(job: impl Future<Output = T>) -> T {
    runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(job)
}

#[test]
fn of_200_schedules_on_real_sockets_every_address_comes_to_what_its_schedule_says() {
    ends_within(PATIENCE, || {
        let (failed, addresses, requests) = real(carry_out_all(0..SCHEDULES));
        println!("{addresses} addresses, {requests} requests");
        // A machine that is busy can delay an answer past any timeout: what failed has another chance, alone. An error of the
        // checker fails again.
        for (seed, problems) in failed {
            println!("seed {seed} again, alone: {problems:#?}");
            let (problems, ..) = real(async { carry_out(&client(), seed).await });
            assert!(problems.is_empty(), "seed {seed}: {problems:#?}");
        }
        assert!(addresses > 2_000, "{addresses}");
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of it is the table of faults")]
fn each_fault_on_the_wire_is_told_as_what_it_is() {
    let page = page_of;
    let half = format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n{HTML}\r\n<p>half");
    let stall = format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n{HTML}\r\n<p>");
    let text = |text: &str| text.as_bytes().to_vec();
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n";
    let short =
        format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n{HTML}\r\n<p>and much more");
    let status = |status, headers: &str| response(status, headers, Method::Get, "");
    let faults = [
        ("/fine", Reply::Bytes(page("<p>fine")), Wanted::Fine, 1),
        ("/reset", Reply::ThenReset(Vec::new()), Wanted::Connection, 2),
        (
            "/reset-in-the-head",
            Reply::ThenReset(text("HTTP/1.1 200 O")),
            Wanted::Connection,
            2,
        ),
        ("/reset-in-the-body", Reply::ThenReset(text(&half)), Wanted::Connection, 2),
        ("/closed", Reply::ThenClose(Vec::new()), Wanted::Connection, 2),
        ("/closed-in-the-body", Reply::ThenClose(text(&half)), Wanted::Connection, 2),
        ("/too-short", Reply::ThenClose(text(&short)), Wanted::Fine, 1),
        (
            "/garbage",
            Reply::ThenClose(text("220 ftp ready\r\n\r\n")),
            Wanted::Connection,
            2,
        ),
        (
            "/bad-chunk",
            Reply::ThenClose(text(&format!("{chunked}zz\r\nx"))),
            Wanted::Connection,
            2,
        ),
        (
            "/no-end",
            Reply::ThenClose(text(&format!("{chunked}2\r\n<p\r\n"))),
            Wanted::Connection,
            2,
        ),
        ("/stall", Reply::ThenStall(Vec::new()), Wanted::Timeout, 2),
        ("/stall-in-the-body", Reply::ThenStall(text(&stall)), Wanted::Timeout, 2),
        ("/trickle", Reply::ThenTrickle(text(&stall)), Wanted::Timeout, 2),
        ("/500", Reply::Bytes(status(500, "")), Wanted::Status(500), 2),
        ("/404", Reply::Bytes(status(404, "")), Wanted::Status(404), 1),
        ("/429", Reply::Bytes(status(429, "Retry-After: 0\r\n")), Wanted::Status(429), 2),
        (
            "/503-tomorrow",
            Reply::Bytes(status(503, "Retry-After: 86400\r\n")),
            Wanted::Status(503),
            1,
        ),
        ("/loop", Reply::Bytes(status(302, "Location: /loop\r\n")), Wanted::Redirects, 1),
        (
            "/round",
            Reply::Bytes(status(302, "Location: /round-2\r\n")),
            Wanted::Redirects,
            2,
        ),
        (
            "/round-2",
            Reply::Bytes(status(302, "Location: /round\r\n")),
            Wanted::Redirects,
            2,
        ),
        ("/nowhere", Reply::Bytes(status(302, "")), Wanted::BadRedirect, 1),
        (
            "/file",
            Reply::Bytes(status(302, "Location: file:///etc/hosts\r\n")),
            Wanted::BadRedirect,
            1,
        ),
        ("/to-fine", Reply::Bytes(status(301, "Location: fine\r\n")), Wanted::Fine, 2),
    ];
    ends_within(PATIENCE, move || {
        real(async move {
            let mut own = listeners(3).await;
            let closed = own.pop().unwrap().local_addr().unwrap(); // nobody listens there now
            // What says "tomorrow" holds back all of its host.
            let hosts: Vec<_> = own.iter().map(|it| it.local_addr().unwrap()).collect();
            let address = |path: &str| {
                let host = hosts[usize::from(path == "/503-tomorrow")];
                format!("http://{host}{path}")
            };
            let link = |to: String| format!("<a href=\"{to}\">x</a>\n");
            let mut links: String =
                faults.iter().map(|(path, ..)| link(address(path))).collect();
            links += &link(format!("http://{closed}/"));
            let replies: BTreeMap<_, _> =
                faults.iter().map(|(path, reply, ..)| (*path, reply.clone())).collect();
            let start_page = page_of(&links);
            let server = Server::start(own, move |method, url| match url.path() {
                "/" => Reply::Bytes(start_page.clone()),
                path => replies
                    .get(path)
                    .cloned()
                    .unwrap_or_else(|| Reply::Bytes(response(404, "", method, ""))),
            });
            let start = Url::parse(&address("/")).unwrap();
            let tomorrow = Url::parse(&address("/503-tomorrow")).unwrap();
            let within = vec![start.clone(), tomorrow.join("/").unwrap()];
            let starts = Starts { pages: vec![start], within, ..Starts::default() };
            let backoff = Backoff { attempts: 2, ..settings().backoff };
            let timeout = Duration::from_secs(2);
            let settings = Settings { backoff, timeout, ..settings() };
            let known =
                check(&Http::new(timeout, &starts.within).unwrap(), &starts, &settings)
                    .await;
            let log = server.take_log();
            server.end().await;

            let refused = (format!("http://{closed}/"), &Wanted::Refused, 0);
            let told =
                faults.iter().map(|(path, _, wanted, n)| (address(path), wanted, *n));
            for (address, wanted, requests) in told.chain([refused]) {
                let checked = &known.addresses[&Url::parse(&address).unwrap()];
                // On a busy machine anything can take too long.
                let is_late = Wanted::Timeout.is(&checked.outcome);
                let is_it = wanted.is(&checked.outcome);
                assert!(
                    is_it || is_late,
                    "{address}: {:?}, not {wanted:?}",
                    checked.outcome
                );
                if is_it && requests > 0 && !is_late {
                    assert_eq!(checked.requests, requests, "{address}");
                }
            }
            // The first page, these, and the one that is refused.
            assert_eq!(known.addresses.len(), faults.len() + 2);
            let asked: BTreeSet<_> =
                log.iter().map(|(_, url)| url.path().to_owned()).collect();
            assert!(asked.contains("/robots.txt") && !asked.contains("/etc/hosts"));
        });
    });
}

fn page_of(links: &str) -> Vec<u8> {
    response(200, HTML, Method::Get, links)
}

/// What the child of the next test is told by.
#[cfg(target_os = "linux")]
const CHILD: &str = "WHILE_YOU_WAIT_COUNTS_WHAT_IS_LEFT";

#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_thread_or_connection_is_left_behind() {
    // In a process of its own, where no other test opens anything.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "link_checker::faults::count_what_is_left", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("counted: "), "{said}");
}

/// What the test above runs in a child. In every other run it does nothing.
#[cfg(target_os = "linux")]
#[test]
fn count_what_is_left() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    let now = || (count("/proc/self/fd"), count("/proc/self/task"));
    // What is opened once and kept is opened here: the runtime's signals, the certificates.
    let seeds = || [3, 5, 8, 13, 21, 34];
    assert_eq!(real(carry_out_all(seeds())).0, BTreeMap::new());
    let before = now();
    let (failed, _, requests) = real(carry_out_all(seeds()));
    assert_eq!(failed, BTreeMap::new());
    assert!(requests > 50, "{requests}");
    // A thread that has ended is on the list for a moment longer.
    let mut after = now();
    for _ in 0..200 {
        if after.1 <= before.1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        after = now();
    }
    assert!(
        after.0 <= before.0 && after.1 <= before.1,
        "{before:?} before, {after:?} after"
    );
    println!("counted: {} descriptors, {} threads", after.0, after.1);
}
