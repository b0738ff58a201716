//! Serves a built book on loopback, from memory.
//!
//! The whole site is read once and replaced as a whole, so that no request sees half a book; and a path is a key in a map, so that no spelling
//! of it leaves the book.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{self, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::stream;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio::sync::watch::Receiver;
use tower_http::compression::CompressionLayer;

use crate::run::{Runner, routes};

/// The port of the reader, unless another is asked for.
pub const DEFAULT_PORT: u16 = 3000;

/// How many ports from [`DEFAULT_PORT`] on are tried before the system chooses one.
const PORTS_TRIED: u16 = 20;

const RELOAD_SCRIPT: &str = include_str!("reload.js");
const RUN_SCRIPT: &str = include_str!("run.js");

/// A built book in memory.
#[derive(Debug)]
pub struct Site {
    files: BTreeMap<String, File>, // by path from the root of the site, with `/` between the parts and none in front
    version: String, // a hash of all files of the book: equal after a rebuild that changed nothing
    token: String,
}

#[derive(Clone, Debug)]
struct File {
    content_type: &'static str,
    etag: String,
    bytes: Bytes,
}

impl Site {
    /// Reads the book that was built into `dir`, and adds to each page a script that reloads it when the site is
    /// replaced, and one that runs programs, which is given `token`.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn load(dir: &Path, token: &str) -> Result<Self> {
        let mut files = BTreeMap::new();
        read_files(dir, "", &mut files)
            .with_context(|| format!("cannot read the book in {}", dir.display()))?;
        let mut hasher = DefaultHasher::new();
        for (path, file) in &files {
            (path, &file.etag).hash(&mut hasher);
        }
        let version = format!("{:016x}", hasher.finish());

        let script = format!(
            "<script defer src=\"/.reader/reload.js\" data-version=\"{version}\"></script>\n\
            <script defer src=\"/.reader/run.js\" data-token=\"{token}\"></script>\n"
        );
        for (path, file) in &mut files {
            let end = file.bytes.windows(7).rposition(|tag| tag == b"</body>");
            if let (true, Some(end)) = (file.content_type.starts_with("text/html"), end) {
                let (before, after) = file.bytes.split_at(end);
                *file = File::new(path, [before, script.as_bytes(), after].concat());
            }
        }
        for (path, script) in
            [(".reader/reload.js", RELOAD_SCRIPT), (".reader/run.js", RUN_SCRIPT)]
        {
            files.insert(path.into(), File::new(path, script.into()));
        }
        Ok(Self { files, version, token: token.to_owned() })
    }

    /// A hash of the content of all files of the book, the same for equal content.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The token that its pages have.
    pub fn token(&self) -> &str {
        &self.token
    }
}

fn read_files(
    dir: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, File>,
) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_files(&entry.path(), &format!("{path}/"), files)?;
        } else {
            let file = File::new(&path, fs::read(entry.path())?);
            files.insert(path, file);
        }
    }
    Ok(())
}

impl File {
    fn new(path: &str, bytes: Vec<u8>) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Self {
            content_type: content_type(path),
            etag: format!("W/\"{:016x}\"", hasher.finish()), // weak, because the body may be sent as gzip
            bytes: bytes.into(),
        }
    }

    fn respond(&self, status: StatusCode) -> Response {
        let headers = [(header::CONTENT_TYPE, self.content_type)];
        (status, headers, self.bytes.clone()).into_response()
    }
}

/// The media type of what a book is made of, by file name. All text is UTF-8: mdBook reads and writes nothing else.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "svg" => "image/svg+xml; charset=utf-8",
        "txt" | "md" | "rs" | "py" | "toml" | "stderr" => "text/plain; charset=utf-8",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// Listens on 127.0.0.1: on `port` alone if one is given (0 lets the system choose), else on the first free one from [`DEFAULT_PORT`] on.
///
/// # Errors
/// When `port` is taken or not allowed.
pub fn listen(port: Option<u16>) -> io::Result<TcpListener> {
    listen_from(DEFAULT_PORT, port)
}

fn listen_from(first: u16, port: Option<u16>) -> io::Result<TcpListener> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => bind(port),
        None => (first..first + PORTS_TRIED)
            .find_map(|port| bind(port).ok())
            .map_or_else(|| bind(0), Ok),
    }
}

/// Answers requests on `listener` with the current one of `sites`, and has `runner` run programs, until dropped.
///
/// It is meant to be dropped when the program ends: nothing here needs an orderly end, and a wait for open event streams and idle connections would be a hang.
///
/// # Errors
/// When `listener` cannot be used.
pub async fn serve(
    listener: TcpListener,
    sites: Receiver<Arc<Site>>,
    runner: Runner,
) -> io::Result<Infallible> {
    let limits = *runner.limits();
    let port = listener.local_addr()?.port();
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;

    let router = Router::new()
        .route("/", get(file))
        .route("/{*path}", get(file))
        .route("/.reader/events", get(events))
        .with_state(sites)
        .merge(routes(runner))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(port, guard));
    let connections = Arc::new(Semaphore::new(most_connections(limits.connections)));
    loop {
        // Who comes when all are taken waits to be accepted; that costs us nothing.
        let free = Arc::clone(&connections).acquire_owned().await;
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptor is free, mostly: others give some back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.idle)
                .serve_connection(TokioIo::new(stream), service)
                .await; // its error is the client's
            drop(free);
        });
    }
}

/// How many connections may be open at once: `wanted`, if that leaves enough descriptors for other things.
fn most_connections(wanted: usize) -> usize {
    #[cfg(unix)]
    let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let allowed: Option<u64> = None;
    let allowed = allowed.and_then(|most| usize::try_from(most).ok());
    wanted.min(allowed.unwrap_or(usize::MAX) / 2).max(1)
}

/// Refuses requests that were meant for another host, and adds the headers that every answer has.
///
/// A page on another site can have its own name resolve to 127.0.0.1 and so be of one origin with the reader (DNS rebinding); its `Host` gives it away.
async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    let ours = |host: &str| {
        let (name, digits) = match host.rsplit_once(':') {
            Some((name, digits)) if !digits.ends_with(']') => (name, digits),
            _ => (host, "80"), // what a browser leaves out
        };
        ["127.0.0.1", "localhost", "[::1]"].contains(&name) && digits.parse() == Ok(port)
    };
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let one_of_ours = matches!(
        (hosts.next().map(HeaderValue::to_str), hosts.next()),
        (Some(Ok(host)), None) if ours(host)
    );
    // Without JavaScript, a page of mdBook shows its table of contents in a frame.
    let in_a_frame = request.uri().path() == "/toc.html";
    // `GET http://host/path`: the address outranks the header.
    let authority = request.uri().authority();
    let mut response = if one_of_ours && authority.is_none_or(|host| ours(host.as_str()))
    {
        next.run(request).await
    } else {
        let sentence = format!("This reader answers only to http://127.0.0.1:{port}/.\n");
        (StatusCode::FORBIDDEN, sentence).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // "Ask again before using it": the book may have been rebuilt.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // A page that runs programs must not be shown inside another one, which could lead clicks to its buttons.
    let (framed, ancestors) = if in_a_frame {
        ("SAMEORIGIN", "frame-ancestors 'self'")
    } else {
        ("DENY", "frame-ancestors 'none'")
    };
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static(framed));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ancestors));
    response
}

/// A file of the book, or its 404 page.
async fn file(
    State(sites): State<Receiver<Arc<Site>>>,
    path: Option<extract::Path<String>>, // without the leading `/`, percent-decoded
    headers: HeaderMap,
) -> Response {
    let files = &sites.borrow().files;
    let path = path.map_or_else(String::new, |extract::Path(path)| path);
    let index = |dir: &str| files.get(&format!("{dir}index.html"));
    let found = if path.is_empty() || path.ends_with('/') {
        index(&path)
    } else {
        files.get(&path)
    };
    let Some(file) = found else {
        if index(&format!("{path}/")).is_some() {
            return Redirect::temporary(&format!("/{path}/")).into_response();
        }
        return match files.get("404.html") {
            Some(page) => page.respond(StatusCode::NOT_FOUND),
            None => (StatusCode::NOT_FOUND, "No such page.\n").into_response(),
        };
    };
    let known = headers.get(header::IF_NONE_MATCH);
    let mut response = if known.is_some_and(|known| known == file.etag.as_str()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.respond(StatusCode::OK)
    };
    if let Ok(etag) = HeaderValue::from_str(&file.etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// The version of the site, sent at once and after each change, for as long as the client listens.
async fn events(State(sites): State<Receiver<Arc<Site>>>) -> impl IntoResponse {
    let mut sites = sites;
    sites.mark_changed(); // the first event is the present
    let versions = stream::unfold(sites, async |mut sites| {
        sites.changed().await.ok()?;
        let event = Event::default()
            .data(sites.borrow_and_update().version())
            .retry(Duration::from_secs(1));
        Some((Ok::<_, Infallible>(event), sites))
    });
    Sse::new(versions).keep_alive(KeepAlive::default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::{PORTS_TRIED, listen_from};

    #[test]
    fn a_taken_port_is_passed_over_for_the_next_free_one() {
        // Below the ports that a system gives away by itself, so that one of those is not mistaken for the next.
        let first = 20_000;
        let held: Vec<_> =
            (0..=PORTS_TRIED).map(|_| listen_from(first, None).unwrap()).collect();
        let ports: Vec<u16> =
            held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let range = first..first + PORTS_TRIED;
        assert!(range.contains(&ports[0]) && range.contains(&ports[1]), "{ports:?}");
        assert!(ports[0] < ports[1], "{ports:?}");
        // By now all of the range is taken, and the system has chosen.
        assert!(!range.contains(&ports[usize::from(PORTS_TRIED)]), "{ports:?}");
        assert!(
            held.iter().all(|listener| listener.local_addr().unwrap().ip().is_loopback())
        );
    }
}
