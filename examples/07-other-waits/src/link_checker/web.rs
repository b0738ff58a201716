//! Who answers: the network and the disk, or a simulation in a test.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use asynchronous::{Client, FetchErrorKind};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use tokio::task::spawn_blocking;
use url::Url;

use super::Broken;
use super::start::kind;

/// What the tool calls itself, so that who runs a server knows whom to ask, and robots.txt can name it.
pub const AGENT: &str = "while-you-wait-link-checker";

/// A page that is larger is not read, and counts as one that cannot be: links and ids that nobody wrote by hand would fill the
/// memory.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// No `Retry-After` counts as longer: such a one is a mistake, and sums of times would overflow.
const LONGEST: Duration = Duration::from_hours(24);

/// Where a site keeps what it asks of programs: text that is read, though it is no page.
pub const ROBOTS: &str = "/robots.txt";

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Whether it is there, and no body.
    Head,
    /// All of it.
    Get,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The status of HTTP; 200 for a file that is there.
    pub status: u16,
    /// `Location`, as it was given.
    pub location: Option<String>,
    /// `Retry-After`, as a wait from now.
    pub retry_after: Option<Duration>,
    /// What kind of text the body is, where it can be read for links and ids.
    pub kind: Option<Kind>,
    /// The body; empty for HEAD, and where nobody would read it.
    pub body: String,
}

/// What a page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTML.
    Html,
    /// Markdown.
    Markdown,
}

/// Who can be asked. One request, one answer: no redirect is followed, and nothing is tried again.
pub trait Web: Sync {
    /// Asks once for an address of http, https or file.
    ///
    /// # Errors
    ///
    /// When no answer came, or not all of it.
    fn ask(
        &self,
        method: Method,
        url: &Url,
    ) -> impl Future<Output = Result<Answer, Broken>> + Send;
}

/// The network, and the disk.
#[derive(Debug, Clone)]
pub struct Http {
    keeping: Client,
    closing: Client,
    within: Vec<Url>,
}

impl Http {
    /// Clients for a whole run. Connections to the hosts of `within` are kept open and used again; of the many other hosts most
    /// are asked once, and a connection that nobody uses is a descriptor.
    ///
    /// `timeout` bounds one request, from connecting to the last byte of the body.
    ///
    /// # Errors
    ///
    /// When the system's certificates cannot be read.
    pub fn new(timeout: Duration, within: &[Url]) -> reqwest::Result<Self> {
        sequential_fetch::provide_ciphers();
        let client = |kept: usize| {
            let client = Client::builder().timeout(timeout).no_proxy().user_agent(AGENT);
            // Redirects are followed by us, since each hop is a request to some host, within its limits.
            client.pool_max_idle_per_host(kept).redirect(Policy::none()).build()
        };
        let (keeping, closing) = (client(usize::MAX)?, client(0)?);
        Ok(Self { keeping, closing, within: within.to_vec() })
    }

    async fn fetch(&self, method: Method, url: &Url) -> Result<Answer, Broken> {
        let ours = |within: &Url| within.authority() == url.authority();
        let client =
            if self.within.iter().any(ours) { &self.keeping } else { &self.closing };
        let request = match method {
            Method::Head => client.head(url.clone()),
            Method::Get => client.get(url.clone()),
        };
        let mut response = request.send().await.map_err(broken)?;
        let mut answer = heading(response.status().as_u16(), response.headers());
        let there = (200..300).contains(&answer.status);
        if method == Method::Get
            && there
            && (answer.kind.is_some() || url.path() == ROBOTS)
        {
            let mut body = Vec::new();
            while let Some(piece) = response.chunk().await.map_err(broken)? {
                if body.len() + piece.len() > LARGEST {
                    return Err(too_large());
                }
                body.extend_from_slice(&piece);
            }
            // What is no UTF-8 becomes a mark in the text; addresses and ids rarely have any.
            answer.body = String::from_utf8_lossy(&body).into_owned();
        }
        Ok(answer)
    }
}

impl Web for Http {
    async fn ask(&self, method: Method, url: &Url) -> Result<Answer, Broken> {
        if url.scheme() != "file" {
            return self.fetch(method, url).await;
        }
        let url = url.clone();
        // No file can be waited for without a thread, so somebody else's waits.
        let read = spawn_blocking(move || read_file(method, &url)).await;
        read.unwrap_or(Err(Broken::Panicked))
    }
}

/// What stands above the body.
fn heading(status: u16, headers: &HeaderMap) -> Answer {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A `Location` may hold bytes that are not ASCII. Browsers take them for UTF-8.
    let location = headers
        .get(LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Answer {
        status,
        location,
        retry_after: text(RETRY_AFTER)
            .and_then(|value| retry_after(value, SystemTime::now())),
        kind: text(CONTENT_TYPE).and_then(content_kind),
        body: String::new(),
    }
}

/// How long a `Retry-After` asks to wait from `now` on: a number of seconds, or a date. `None` if it is neither.
// ANCHOR: retry_after
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX)) // too long for a number
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(now).unwrap_or_default() // past already
    };
    Some(wait.min(LONGEST))
}
// ANCHOR_END: retry_after

fn content_kind(value: &str) -> Option<Kind> {
    let essence = value.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "text/html" | "application/xhtml+xml" => Some(Kind::Html),
        "text/markdown" => Some(Kind::Markdown),
        _ => None,
    }
}

fn broken(error: reqwest::Error) -> Broken {
    match FetchErrorKind::from(error) {
        FetchErrorKind::Timeout => Broken::Timeout,
        FetchErrorKind::Refused => Broken::Refused,
        FetchErrorKind::Status(status) => Broken::Status { status },
        FetchErrorKind::Body(text)
        | FetchErrorKind::Address(text)
        | FetchErrorKind::Connection(text)
        | FetchErrorKind::Lost(text) => Broken::Connection { text },
    }
}

/// A file as an answer. A folder is its `index.html`, if it has one.
fn read_file(method: Method, url: &Url) -> Result<Answer, Broken> {
    let elsewhere =
        || Broken::Unreadable { text: "not a file of this machine".to_owned() };
    let path = url.to_file_path().map_err(|()| elsewhere())?;
    let index = path.join("index.html");
    let unreadable = |error| missing_or_unreadable(&error);
    let there = path.metadata().map_err(unreadable)?;
    let path = match there.is_dir() {
        true if index.is_file() => index,
        true => return Ok(Answer { status: 200, ..Answer::default() }),
        false => path,
    };
    // A pipe of that name would keep the reader waiting for ever.
    let kind = kind(&path).filter(|_| path.is_file());
    let mut answer = Answer { status: 200, kind, ..Answer::default() };
    if method == Method::Get && answer.kind.is_some() {
        answer.body = read_whole(&path).map_err(unreadable)?.ok_or_else(too_large)?;
    }
    Ok(answer)
}

/// The text of a file, or `None` if it is too large.
fn read_whole(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let limit = LARGEST as u64;
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= LARGEST).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn too_large() -> Broken {
    Broken::Unreadable { text: format!("larger than {} MiB", LARGEST >> 20) }
}

fn missing_or_unreadable(error: &io::Error) -> Broken {
    match error.kind() {
        // `page.html/` is not there either.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Broken::NoFile,
        _ => Broken::Unreadable { text: error.to_string() },
    }
}
