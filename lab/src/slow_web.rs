//! A server of HTTP/1.1 and HTTP/2 on loopback whose waits are known, and which counts what it sees.
//!
//! A real web site answers when it likes, so nothing can be proved with one. Here every wait is given or drawn with a
//! seed, and the server keeps [`requests`](SlowWeb::requests), [`connections`](SlowWeb::connections) and the
//! [peak in flight](SlowWeb::peak_in_flight): a test asserts concurrency by structure and never by the clock.
//! A [`barrier`](Builder::barrier) goes one step further and answers *only* to requests that overlap.
//!
//! ```
//! use lab::slow_web::SlowWeb;
//! use std::time::Duration;
//!
//! # fn main() -> std::io::Result<()> {
//! let web = SlowWeb::builder().sites([120, 80].map(Duration::from_millis)).start()?;
//! assert_eq!(web.urls().len(), 2);
//! assert_eq!(web.peak_in_flight(), 0); // nobody has asked yet
//! # Ok(())
//! # }
//! ```
//!
//! | path | what it does |
//! |---|---|
//! | `/{name}` | a site: passes the barrier, waits for a slot, serves its latency, answers |
//! | `/` | lists what is served |
//! | `/delay/{ms}` | waits for a slot, answers after that many milliseconds, at most [`MAX_DELAY_MS`] |
//! | `/stats` | the counters as JSON; does not count itself |
//! | the others | misbehave, each in one way: see [`SPECIAL_PATHS`] |

mod barrier;
mod connection;
mod elsewhere;
mod latency;
mod server;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde::Serialize;
use tokio::{net::TcpSocket, sync::oneshot};
use url::Url;

pub use elsewhere::{Counts, Elsewhere, serve_until_stdin_closes};
pub use latency::{DEFAULT_DELAYS_MS, Latency, latencies};

/// The longest wait that `/delay/{ms}` grants, in milliseconds.
pub const MAX_DELAY_MS: u64 = 60_000;

/// The largest [`body_size`](Builder::body_size), in bytes: 64 MiB.
pub const MAX_BODY_SIZE: usize = 64 << 20;

/// The paths that are served besides the sites, each with what it does, in at most 60 characters.
pub const SPECIAL_PATHS: [(&str, &str); 15] = [
    ("/", "this list"),
    ("/delay/{ms}", "an answer after so many milliseconds"),
    ("/stats", "the counters, as JSON"),
    ("/status/{code}", "an answer with that status, 200 to 599"),
    ("/redirect", "302 to the first site"),
    ("/redirect-loop", "302 to itself, for ever"),
    ("/never", "no answer at all"),
    ("/reset", "part of a body, then the connection is reset"),
    ("/cut", "part of a body, then the connection is closed"),
    ("/trickle", "a body of 20 bytes, one each 100 ms"),
    ("/not-utf8", "a body that says UTF-8 and is not"),
    ("/empty", "a body of no bytes"),
    ("/large", "a body of 4 MiB"),
    ("/stream/{n}/{ms}", "a body of n bytes, spread over so many milliseconds"),
    ("/{anything else}", "404"),
];

/// A running slow web; dropping it stops the server, closes every connection and joins its thread.
///
/// The drop does not wait for requests: whoever still waits for an answer sees the connection close.
#[derive(Debug)]
pub struct SlowWeb {
    address: SocketAddr,
    base: Url,
    names: Vec<String>,
    counters: Arc<Counters>,
    refused: Refused,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SlowWeb {
    /// A web without sites, on any free port: see [`Builder`] for the defaults.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it listens, on 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The addresses of the sites, in the order in which they were given.
    pub fn urls(&self) -> Vec<Url> {
        self.names.iter().map(|name| self.url(name)).collect()
    }

    /// The address of a path on this web, with or without its leading slash; a `?` begins the query.
    pub fn url(&self, path: &str) -> Url {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        // Not `Url::join`: it can fail, and it would follow `//other.host` away from here.
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(query);
        url
    }

    /// An address where connecting is refused, for as long as this web lives.
    pub fn refused_url(&self) -> Url {
        self.refused.url.clone()
    }

    /// How many requests have arrived, whatever became of them; `/stats` is not counted.
    pub fn requests(&self) -> usize {
        self.counters.requests.load(SeqCst)
    }

    /// How many TCP connections were accepted.
    pub fn connections(&self) -> usize {
        self.counters.connections.load(SeqCst)
    }

    /// How many requests have arrived and are not yet answered; waiting for the barrier or for a slot counts.
    pub fn in_flight(&self) -> usize {
        self.counters.in_flight.load(SeqCst)
    }

    /// The most requests that were ever in flight at the same time.
    pub fn peak_in_flight(&self) -> usize {
        self.counters.peak_in_flight.load(SeqCst)
    }

    /// How many requests lost their client before their answer was ready: it closed the connection.
    pub fn given_up(&self) -> usize {
        self.counters.given_up.load(SeqCst)
    }
}

impl Drop for SlowWeb {
    fn drop(&mut self) {
        drop(self.stop.take()); // the server's select! sees the sender go
        if let Some(thread) = self.thread.take() {
            // An Err is a panic of the server thread, already on stderr: panicking again in a drop would abort.
            let _ = thread.join();
        }
    }
}

/// What a [`SlowWeb`] will be; every method replaces the value of an earlier call, except that sites add up.
///
/// Nothing is checked before [`start`](Builder::start), which reports a bad value as an error.
#[derive(Clone, Debug)]
pub struct Builder {
    sites: Vec<(String, Latency)>,
    slots: Option<usize>,
    error_rate: f64,
    body_size: usize,
    barrier: Option<(usize, Duration)>,
    seed: u64,
    port: u16,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            sites: Vec::new(),
            slots: None,
            error_rate: 0.0,
            body_size: 1024,
            barrier: None,
            seed: 0,
            port: 0,
        }
    }
}

impl Builder {
    /// Adds a site, served at `/{name}`; the name is of ASCII letters, digits, `-`, `_` and `.`.
    #[must_use]
    pub fn site(mut self, name: impl Into<String>, latency: Latency) -> Self {
        self.sites.push((name.into(), latency));
        self
    }

    /// Adds sites of constant latency, named `site-1`, `site-2` and so on, in this order.
    #[must_use]
    pub fn sites(mut self, latencies: impl IntoIterator<Item = Duration>) -> Self {
        let named = (1..)
            .zip(latencies)
            .map(|(n, latency)| (format!("site-{n}"), Latency::Constant(latency)));
        self.sites.extend(named);
        self
    }

    /// How many requests to sites and to `/delay/{ms}` are served at once; the others queue, first in, first out.
    /// The default is no limit.
    #[must_use]
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = Some(slots);
        self
    }

    /// The fraction of the requests to sites that is answered 500, from 0 (the default) to 1, drawn with the seed.
    #[must_use]
    pub fn error_rate(mut self, fraction: f64) -> Self {
        self.error_rate = fraction;
        self
    }

    /// The size of a site's answer in bytes: 1024 by default, 0 allowed, at most [`MAX_BODY_SIZE`].
    #[must_use]
    pub fn body_size(mut self, bytes: usize) -> Self {
        self.body_size = bytes;
        self
    }

    /// No site answers before `n` requests wait at the same time; all of the group are then released together.
    ///
    /// When `deadline` has passed since the first of a group arrived, every request of it is answered 503 with a
    /// sentence that says how many came, and for as long again whoever comes is answered so at once. A client that hangs up
    /// leaves its group. A barrier of 0 or 1 is always open.
    #[must_use]
    pub fn barrier(mut self, n: usize, deadline: Duration) -> Self {
        self.barrier = Some((n, deadline));
        self
    }

    /// The seed of the latencies and of the errors, 0 by default; the same seed draws the same on every platform.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The port to listen on; the default, 0, is any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts the server on a thread of its own, named `slow-web`; when this returns, it accepts connections.
    ///
    /// Errors: `InvalidInput` with a sentence when a value makes no sense (a site's name, a rate above 1, no slots),
    /// otherwise what the system says, for instance `AddrInUse` when the port is taken.
    pub fn start(self) -> io::Result<SlowWeb> {
        self.check()?;
        let counters = Arc::new(Counters::default());
        let names = self.sites.iter().map(|(name, _)| name.clone()).collect();
        let refused = Refused::bind()?;

        // The runtime is built on its own thread because dropping one (as an early return here would) panics inside
        // another runtime, and tests of async code start a slow web there.
        let (stop, stopped) = oneshot::channel();
        let (ready, bound) = mpsc::channel();
        let thread = thread::Builder::new().name("slow-web".into()).spawn({
            let counters = Arc::clone(&counters);
            move || server::run(self, &counters, &ready, stopped)
        })?;
        let address = bound.recv().map_err(|_| {
            io::Error::other("the slow-web thread ended before it listened")
        })??;

        let base = url_of(address)?;
        Ok(SlowWeb {
            address,
            base,
            names,
            counters,
            refused,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    fn check(&self) -> io::Result<()> {
        let invalid =
            |sentence: String| Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
        let mut seen = std::collections::HashSet::new();
        for (name, latency) in &self.sites {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            // A name of dots only would be resolved away by every client: `/..` is `/`.
            if name.chars().all(|c| c == '.') || !name.chars().all(allowed) {
                return invalid(format!(
                    "site name {name:?}: use ASCII letters, digits, '-', '_' and '.'"
                ));
            }
            if SPECIAL_PATHS.iter().any(|(path, _)| path[1..] == **name) {
                return invalid(format!(
                    "site name {name:?}: that path is served already"
                ));
            }
            if !seen.insert(name) {
                return invalid(format!("site name {name:?} is given twice"));
            }
            latency
                .check()
                .or_else(|sentence| invalid(format!("site {name:?}: {sentence}")))?;
        }
        if self.slots == Some(0) {
            return invalid(
                "with 0 slots nothing is ever answered: use at least 1".into(),
            );
        }
        if !(0.0..=1.0).contains(&self.error_rate) {
            return invalid(format!(
                "error rate {}: use a fraction from 0 to 1",
                self.error_rate
            ));
        }
        if self.body_size > MAX_BODY_SIZE {
            return invalid(format!(
                "body size {}: use at most {MAX_BODY_SIZE} bytes",
                self.body_size
            ));
        }
        Ok(())
    }
}

/// What the server has seen. `SeqCst` throughout: a reader may compare two counters, and nobody is in a hurry here.
#[derive(Debug, Default, Serialize)]
struct Counters {
    requests: AtomicUsize,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    peak_in_flight: AtomicUsize,
    given_up: AtomicUsize,
}

impl Counters {
    /// Counts a request, and holds it in flight until the guard is answered, or dropped: given up by the client.
    fn arrive(&self) -> InFlight<'_> {
        self.requests.fetch_add(1, SeqCst);
        let now = self.in_flight.fetch_add(1, SeqCst) + 1;
        self.peak_in_flight.fetch_max(now, SeqCst);
        InFlight { counters: self, answered: false }
    }
}

struct InFlight<'a> {
    counters: &'a Counters,
    answered: bool,
}

impl InFlight<'_> {
    fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        // First: whoever sees nothing in flight any more sees why, too.
        if !self.answered {
            self.counters.given_up.fetch_add(1, SeqCst);
        }
        self.counters.in_flight.fetch_sub(1, SeqCst);
    }
}

/// A port that is bound and does not listen: connecting is refused, and nobody else can be given the port meanwhile.
#[derive(Debug)]
struct Refused {
    url: Url,
    _socket: TcpSocket,
}

impl Refused {
    fn bind() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Refused { url: url_of(socket.local_addr()?)?, _socket: socket })
    }
}

fn url_of(address: SocketAddr) -> io::Result<Url> {
    Url::parse(&format!("http://{address}")).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_drop_returns_the_thread_has_ended() -> io::Result<()> {
        let web = SlowWeb::builder().start()?;
        let counters = Arc::clone(&web.counters);
        drop(web);
        assert_eq!(Arc::strong_count(&counters), 1, "the server holds nothing any more");
        Ok(())
    }
}
