//! The server thread: the runtime, the socket, and a handler for each path.

use std::{
    collections::HashMap,
    convert::Infallible,
    fmt::Write as _,
    future::{pending, ready},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use axum::{
    Extension, Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{Request, StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{StreamExt, stream};
use hyper::{
    body::Incoming,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{Semaphore, SemaphorePermit, oneshot},
    time::{Instant, sleep, sleep_until},
};

use super::{
    Builder, Counters, Latency, MAX_BODY_SIZE, MAX_DELAY_MS, SPECIAL_PATHS,
    barrier::Barrier,
    connection::{Connection, Reset},
    latency,
};

/// How many connections may wait to be accepted. A burst of 10,000 overflows 1,024, and every connection that does not
/// fit tries again after a whole second (measured); with 4,096 none overflowed.
const BACKLOG: u32 = 4096;

/// How many requests a client may have in flight on one connection of HTTP/2. hyper allows 200 unless it is told otherwise,
/// and the requests above that would wait at the client, unseen: the limit of a site is its slots, which a reader sets.
const STREAMS: u32 = 100_000;

/// The size of `/large`, in bytes.
const LARGE: usize = 4 << 20;

/// How long `/reset` and `/cut` let what they sent travel before they end the connection: a reset that overtakes the
/// head would be another error, a request that failed instead of a body.
const TRAVEL: Duration = Duration::from_millis(20);

/// The body of `/trickle`, and the pause before each byte of it.
const TRICKLE: &[u8; 20] = b"good things come to\n";
const DRIP: Duration = Duration::from_millis(100);

/// How far apart the pieces of `/stream` are, in milliseconds: often enough for a progress bar that moves, seldom enough to
/// cost nothing.
const PIECE_MS: u64 = 20;

/// What every handler shares.
struct Web {
    sites: Vec<Site>,
    index: HashMap<String, usize>, // from a site's name to its place in `sites`
    slots: Option<Semaphore>,
    barrier: Option<Barrier>,
    error_rate: f64,
    body_size: usize,
    seed: u64,
    counters: Arc<Counters>,
}

struct Site {
    name: String,
    latency: Latency,
    asked: AtomicU64,
}

/// Listens, says so through `ready`, and serves until `stopped`; when it returns, every connection is closed.
pub(super) fn run(
    builder: Builder,
    counters: &Arc<Counters>,
    ready: &mpsc::Sender<io::Result<SocketAddr>>,
    stopped: oneshot::Receiver<()>,
) {
    let port = builder.port;
    let app = app(builder, Arc::clone(counters));
    let serve = async {
        let listener = listen(port)
            .map_err(|e| io::Error::new(e.kind(), format!("127.0.0.1:{port}: {e}")))?;
        let address = listener.local_addr()?;
        // Nobody listens to `ready` only if the starter is gone, and then `stopped` ends this at once.
        let _ = ready.send(Ok(address));
        tokio::select! {
            never = serve(listener, app, counters) => match never {},
            _ = stopped => Ok(()),
        }
    };
    // Dropping the runtime at the end of this statement drops the task of each connection, waiting or not.
    let served = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|rt| rt.block_on(serve));
    if let Err(error) = served {
        let _ = ready.send(Err(error));
    }
}

/// Serves each connection in a task of its own, by HTTP/1.1 or HTTP/2, whichever its first bytes speak.
///
/// Not `axum::serve`: that has no way to allow more than 200 requests at once on a connection of HTTP/2.
async fn serve(
    mut listener: TcpListener,
    app: Router,
    counters: &Counters,
) -> Infallible {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http2().max_concurrent_streams(STREAMS);
    loop {
        let connection = Connection::accept(&mut listener).await;
        counters.connections.fetch_add(1, SeqCst);
        let (http, reset) = (http.clone(), connection.reset());
        let app = TowerToHyperService::new(app.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(reset.clone());
            app.call(request)
        });
        tokio::spawn(async move {
            // It fails when the client goes away, and when a handler means it to.
            let _ = http.serve_connection(TokioIo::new(connection), service).await;
        });
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // So that a restart gets its port back while old connections are in TIME_WAIT. On Windows the same option would
    // let two servers share the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(BACKLOG)
}

fn app(builder: Builder, counters: Arc<Counters>) -> Router {
    let site = |(name, latency)| Site { name, latency, asked: AtomicU64::new(0) };
    let sites: Vec<Site> = builder.sites.into_iter().map(site).collect();
    let web = Arc::new(Web {
        index: (0..)
            .zip(&sites)
            .map(|(place, site)| (site.name.clone(), place))
            .collect(),
        sites,
        slots: builder
            .slots
            .map(|slots| Semaphore::new(slots.min(Semaphore::MAX_PERMITS))),
        barrier: builder.barrier.map(|(n, deadline)| Barrier::new(n, deadline)),
        error_rate: builder.error_rate,
        body_size: builder.body_size,
        seed: builder.seed,
        counters,
    });
    Router::new()
        .route("/", get(list))
        .route("/{site}", get(site_page))
        .route("/delay/{ms}", get(delay))
        .route("/status/{code}", get(status))
        .route("/redirect", get(redirect))
        .route("/redirect-loop", get(|| ready(found("/redirect-loop"))))
        .route("/never", get(pending::<Response>))
        .route("/reset", get(reset))
        .route(
            "/cut",
            get(|| {
                ready(part_of_a_body(
                    || "the connection is closed before the body is complete",
                ))
            }),
        )
        .route("/trickle", get(|| ready(trickle())))
        .route("/stream/{n}/{ms}", get(stream_of))
        .route("/not-utf8", get(|| ready(text(&b"caf\xe9, in Latin-1\n"[..]))))
        .route("/empty", get(|| ready(text(""))))
        .route("/large", get(|| ready(text(filler("large", LARGE)))))
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(&web), count))
        .route("/stats", get(stats)) // after the layer: it does not count itself
        .with_state(web)
}

/// Around every handler: counts the request, and holds it in flight until its answer is ready.
async fn count(
    State(web): State<Arc<Web>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let in_flight = web.counters.arrive();
    let response = next.run(request).await;
    // Before the answer is sent: a client that has it may ask again at once, and must not be seen as two. When the
    // client hangs up first, this future is dropped where it waits, and the guard with it.
    in_flight.answered();
    response
}

async fn site_page(
    State(web): State<Arc<Web>>,
    Path(name): Path<String>,
    uri: Uri,
) -> Response {
    let Some(site) = web.index.get(&name).map(|&place| &web.sites[place]) else {
        return not_found(uri).await;
    };
    let n = site.asked.fetch_add(1, SeqCst);
    // The barrier before the slot: behind it, a group larger than the slots could never come together.
    if let Some(barrier) = &web.barrier
        && let Err(sentence) = barrier.pass().await
    {
        return says(StatusCode::SERVICE_UNAVAILABLE, &sentence);
    }
    let _slot = web.slot().await;
    wait(site.latency.nth(web.seed, &site.name, n)).await;
    if latency::fails(web.error_rate, web.seed, &site.name, n) {
        return says(
            StatusCode::INTERNAL_SERVER_ERROR,
            "this request is one of the fraction that fails",
        );
    }
    text(filler(&site.name, web.body_size))
}

async fn delay(State(web): State<Arc<Web>>, Path(ms): Path<String>) -> Response {
    let Some(ms) = ms.parse().ok().filter(|ms| *ms <= MAX_DELAY_MS) else {
        let sentence = format!(
            "/delay/{{ms}} takes whole milliseconds from 0 to {MAX_DELAY_MS}, not {ms:?}"
        );
        return says(StatusCode::BAD_REQUEST, &sentence);
    };
    let _slot = web.slot().await;
    wait(Duration::from_millis(ms)).await;
    says(StatusCode::OK, &format!("answered after {ms} ms"))
}

impl Web {
    /// Waits in the queue (tokio's semaphore is first in, first out) until one of the slots is free.
    async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        // `acquire` fails only for a semaphore that was closed; this one never is.
        self.slots.as_ref()?.acquire().await.ok()
    }
}

async fn wait(latency: Duration) {
    // tokio's timer counts whole milliseconds, so that even a sleep of zero may take one.
    if !latency.is_zero() {
        sleep(latency).await;
    }
}

async fn list(State(web): State<Arc<Web>>) -> String {
    let mut list = String::from("The slow web.\n\n");
    for site in &web.sites {
        let _ = writeln!(list, "/{:18} {:?}", site.name, site.latency); // writing to a String cannot fail
    }
    for (path, what) in SPECIAL_PATHS {
        let _ = writeln!(list, "{path:19} {what}");
    }
    list
}

async fn stats(State(web): State<Arc<Web>>) -> Response {
    Json(&*web.counters).into_response()
}

async fn status(Path(code): Path<String>) -> Response {
    // Not 1xx: those announce an answer that is still to come.
    let code = code.parse().ok().filter(|code| (200..600).contains(code));
    match code.and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(code) => says(code, &code.to_string()),
        None => {
            says(StatusCode::BAD_REQUEST, "/status/{code} takes a code from 200 to 599")
        }
    }
}

async fn redirect(State(web): State<Arc<Web>>) -> Response {
    found(&web.sites.first().map_or_else(|| "/".into(), |site| format!("/{}", site.name)))
}

async fn reset(Extension(reset): Extension<Reset>) -> Response {
    part_of_a_body(move || {
        reset.pull();
        "the connection is reset"
    })
}

async fn not_found(uri: Uri) -> Response {
    says(
        StatusCode::NOT_FOUND,
        &format!("nothing is served at {}; / lists what is", uri.path()),
    )
}

/// Promises 1,024 bytes, sends half of them, calls `before_the_end`, and fails with what it says.
///
/// The error makes hyper drop the connection, which is a close, or a reset if [`Reset`] was pulled.
fn part_of_a_body(
    before_the_end: impl FnOnce() -> &'static str + Send + 'static,
) -> Response {
    let part = stream::once(ready(Ok(Bytes::from(filler("part", 512)))));
    let end = stream::once(async move {
        sleep(TRAVEL).await;
        Err(io::Error::other(before_the_end()))
    });
    ([(header::CONTENT_LENGTH, "1024")], text(Body::from_stream(part.chain(end))))
        .into_response()
}

/// No silence is long, and the whole is: what a limit on silence lets pass, and a deadline does not.
fn trickle() -> Response {
    let drip = |byte: &'static u8| async {
        sleep(DRIP).await;
        Ok::<_, io::Error>(Bytes::from_static(std::slice::from_ref(byte)))
    };
    text(Body::from_stream(stream::iter(TRICKLE).then(drip)))
}

async fn stream_of(Path((n, ms)): Path<(String, String)>) -> Response {
    let n: Option<usize> = n.parse().ok().filter(|n| *n <= MAX_BODY_SIZE);
    let ms: Option<u64> = ms.parse().ok().filter(|ms| *ms <= MAX_DELAY_MS);
    let (Some(n), Some(ms)) = (n, ms) else {
        let sentence = format!(
            "/stream/{{n}}/{{ms}} takes a size up to {MAX_BODY_SIZE} bytes and a time up to {MAX_DELAY_MS} ms"
        );
        return says(StatusCode::BAD_REQUEST, &sentence);
    };
    let whole = Duration::from_millis(ms);
    let body = Bytes::from(filler("stream", n));
    // No more pieces than bytes: an empty piece would end the body.
    let pieces = usize::try_from(ms / PIECE_MS).map_or(1, |k| k.clamp(1, n.max(1)));
    // Each piece at its own time since the start, so that late ones do not add up.
    let begin = Instant::now();
    let piece = move |i| {
        let piece = body.slice(n * i / pieces..n * (i + 1) / pieces);
        async move {
            sleep_until(begin + whole.mul_f64((i + 1) as f64 / pieces as f64)).await;
            Ok::<_, io::Error>(piece)
        }
    };
    let stream = Body::from_stream(stream::iter(0..pieces).then(piece));
    // The length is told, so that a client can say how much is still to come.
    ([(header::CONTENT_LENGTH, n.to_string())], text(stream)).into_response()
}

fn found(location: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

fn says(status: StatusCode, sentence: &str) -> Response {
    (status, text(format!("{sentence}\n"))).into_response()
}

fn text(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body.into()).into_response()
}

/// `size` bytes of ASCII that begin with the name, so that an answer in the wrong place is seen.
fn filler(name: &str, size: usize) -> String {
    let line = format!("{name}: good things come to those who wait.\n");
    let mut text = line.repeat(size.div_ceil(line.len()));
    text.truncate(size);
    text
}
