//! Very many waits at once: what one costs, and where the operating system says no.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Client;
#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpSocket;
use tokio::task::{JoinError, JoinSet, unconstrained};
use tokio::time::sleep;

use crate::{FetchError, Page, Url, fetch};

/// How many descriptors are left for what is not a connection: output, the runtime's own, a
/// listener.
const SPARE: usize = 64;

// ANCHOR: raise
/// Raises the soft limit of open descriptors to the hard one, as any account may. Returns
/// the limit that counts from now on.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current, // some systems name a hard limit that they do not grant
    };
    now.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX)
}
// ANCHOR_END: raise

/// There is no such limit here.
#[cfg(not(unix))]
pub fn raise_descriptor_limit() -> usize {
    usize::MAX
}

/// The soft limit of open descriptors and the hard one; `usize::MAX` where there is none.
#[cfg(unix)]
pub fn descriptor_limits() -> (usize, usize) {
    let limit = getrlimit(Resource::Nofile);
    let number = |n: Option<u64>| n.and_then(|n| n.try_into().ok()).unwrap_or(usize::MAX);
    (number(limit.current), number(limit.maximum))
}

/// There is no such limit here.
#[cfg(not(unix))]
pub fn descriptor_limits() -> (usize, usize) {
    (usize::MAX, usize::MAX)
}

/// Lowers the soft limit of this process so that `more` descriptors can be opened.
///
/// # Errors
///
/// When the hard limit is lower than that.
#[cfg(target_os = "linux")]
pub fn leave_descriptors(more: usize) -> io::Result<()> {
    let mut open = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        open.extend(
            entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok()),
        );
    }
    // The folder itself was among them, and is closed again.
    open.retain(|fd| fs::read_link(format!("/proc/self/fd/{fd}")).is_ok());
    // The limit is on the number that a descriptor has. One that is open already takes a
    // number away only below the limit.
    let free = |limit: u64| limit - open.iter().filter(|fd| **fd < limit).count() as u64;
    let most = (more + open.len()) as u64;
    let limit = (0..=most).find(|limit| free(*limit) >= more as u64);
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: limit, maximum })?;
    Ok(())
}

/// That is done on Linux only.
///
/// # Errors
///
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn leave_descriptors(_more: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

// ANCHOR: fits
/// How many of `wanted` connections fit, one descriptor each, beside what a process has open
/// anyway.
pub fn fits(wanted: usize, limit: usize) -> usize {
    wanted.min(limit.saturating_sub(SPARE))
}
// ANCHOR_END: fits

/// The limit that `wanted` connections need.
pub fn needs(wanted: usize) -> usize {
    wanted + SPARE
}

// ANCHOR: client
/// A client for very many sites, each of which is asked once: no connection is kept, and
/// no request looks for one that it could use again.
///
/// # Errors
///
/// When the system's certificates cannot be read.
pub fn client_that_keeps_nothing(timeout: Duration) -> reqwest::Result<Client> {
    sequential_fetch::provide_ciphers();
    Client::builder().timeout(timeout).pool_max_idle_per_host(0).no_proxy().build()
}
// ANCHOR_END: client

// ANCHOR: client_http2
/// A client for very many requests to one site that is known to speak HTTP/2: all of them
/// travel on one connection, at the same time.
///
/// # Errors
///
/// When the system's certificates cannot be read.
pub fn client_http2(timeout: Duration) -> reqwest::Result<Client> {
    sequential_fetch::provide_ciphers();
    Client::builder().timeout(timeout).http2_prior_knowledge().no_proxy().build()
}
// ANCHOR_END: client_http2

// ANCHOR: fetch_all
/// Fetches all pages at once, a task each.
///
/// One result for each address, in the order of the addresses.
///
/// # Errors
///
/// When a fetch panicked: all results are lost with it.
pub async fn fetch_all(
    client: &Client,
    urls: &[Url],
) -> Result<Vec<Result<Page, FetchError>>, JoinError> {
    let mut tasks = JoinSet::new();
    for (place, url) in urls.iter().cloned().enumerate() {
        let client = client.clone();
        tasks.spawn(async move { (place, fetch(&client, &url).await) });
    }
    let mut results = Vec::with_capacity(urls.len());
    while let Some(result) = tasks.join_next().await {
        results.push(result?); // in completion order
    }
    results.sort_by_key(|(place, _)| *place);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
// ANCHOR_END: fetch_all

// ANCHOR: timers
/// Waits `n` times at once: a task each.
pub async fn spawned_timers(n: usize, wait: Duration) {
    let mut tasks = JoinSet::new();
    for _ in 0..n {
        tasks.spawn(sleep(wait));
    }
    tasks.join_all().await;
}

/// Waits `n` times at once: all in one task.
pub async fn joined_timers(n: usize, wait: Duration) {
    // Left alone, tokio has a task pause after 128 steps. `join_all` does not know that,
    // and asks all the others too, in vain: n times n / 256 times.
    unconstrained(join_all((0..n).map(|_| sleep(wait)))).await;
}
// ANCHOR_END: timers

// ANCHOR: threads
/// Waits `n` times at once: a thread each.
///
/// # Errors
///
/// When a thread cannot be had. Those that have begun are waited for all the same.
pub fn sleeping_threads(n: usize, wait: Duration) -> io::Result<()> {
    thread::scope(|scope| {
        for _ in 0..n {
            thread::Builder::new().spawn_scoped(scope, || thread::sleep(wait))?;
        }
        Ok(())
    })
}
// ANCHOR_END: threads

// ANCHOR: buffers
/// Uses a buffer on both sides of a wait: it has to live somewhere meanwhile.
pub async fn buffer_across_the_wait() -> u8 {
    let mut buffer = [0; 8192];
    fill(&mut buffer);
    sleep(Duration::from_millis(1)).await;
    sum(&buffer)
}

/// Is done with its buffer when it waits.
pub async fn buffer_before_the_wait() -> u8 {
    let sum = {
        let mut buffer = [0; 8192];
        fill(&mut buffer);
        sum(&buffer)
    };
    sleep(Duration::from_millis(1)).await;
    sum
}
// ANCHOR_END: buffers

fn fill(buffer: &mut [u8]) {
    buffer.fill(1);
}

fn sum(buffer: &[u8]) -> u8 {
    buffer.iter().copied().fold(0, u8::wrapping_add)
}

// ANCHOR: status
/// A figure that Linux keeps of this process, say `VmRSS`: its resident memory in KiB.
/// `None` on other systems.
pub fn status(field: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.strip_prefix(':')?.split_whitespace().next()?.parse().ok()
}
// ANCHOR_END: status

/// Asks for a page over a connection that is open, and says whether the answer is well.
///
/// # Errors
///
/// When the connection has failed, or nothing has come for ten seconds.
pub fn still_answers(mut stream: &TcpStream) -> io::Result<bool> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /empty HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head == *b"HTTP/1.1 200")
}

// ANCHOR: until_refused
/// Opens connections, at most `most`, until one is refused. What is open stays open.
pub fn connect_until_refused(
    address: SocketAddr,
    most: usize,
) -> (Vec<TcpStream>, io::Result<()>) {
    let mut open = Vec::new();
    while open.len() < most {
        match TcpStream::connect(address) {
            Ok(stream) => open.push(stream),
            Err(refused) => return (open, Err(refused)),
        }
    }
    (open, Ok(()))
}
// ANCHOR_END: until_refused

// ANCHOR: connect_from
/// Connects from an address and port of your own choice. Usually the system chooses.
///
/// # Errors
///
/// When the same four numbers (both addresses, both ports) name a connection already.
pub async fn connect_from(
    from: SocketAddr,
    to: SocketAddr,
) -> io::Result<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // Several sockets may have this port, as long as their connections differ.
    socket.set_reuseaddr(true)?;
    socket.bind(from)?;
    socket.connect(to).await
}
// ANCHOR_END: connect_from

/// The lowest and the highest local port that the system gives to a connection by itself.
/// `None` where it does not say.
pub fn local_ports() -> Option<(usize, usize)> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let (low, high) = range.trim().split_once(char::is_whitespace)?;
    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
}

/// How many local ports are kept, without a descriptor, for connections to `port` that this
/// machine has closed. `None` where the system does not say.
pub fn ports_in_time_wait(port: u16) -> Option<usize> {
    const TIME_WAIT: &str = "06";
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let remote = format!(":{port:04X}");
    let is_kept = |line: &&str| {
        let mut fields = line.split_whitespace().skip(2);
        fields.next().is_some_and(|address| address.ends_with(&remote))
            && fields.next() == Some(TIME_WAIT)
    };
    Some(table.lines().filter(is_kept).count())
}
