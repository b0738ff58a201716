//! Waiting on one thread, working on others.

use std::fmt;
use std::hash::{DefaultHasher, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::oneshot;
use tracing::instrument;

use crate::{Client, FetchError, FetchErrorKind, Page, Url};

/// How often a page is hashed: often enough for a bar that can be seen.
pub const TIMES: usize = 2_000;

/// A page, and its text.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// What chapter 1 kept of it.
    pub page: Page,
    /// The body.
    pub text: Vec<u8>,
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.page.fmt(f)
    }
}

/// Fetches one page, and keeps its text.
///
/// # Errors
///
/// As [`fetch`](crate::fetch).
#[instrument(skip_all, fields(%url), ret(Display), err)]
pub async fn fetch_text(client: &Client, url: &Url) -> Result<Fetched, FetchError> {
    let began = Instant::now();
    let failed = |kind| FetchError { url: url.clone(), elapsed: began.elapsed(), kind };

    let response = client.get(url.clone()).send().await;
    let response = response.map_err(|error| failed(error.into()))?;
    let status = response.status();
    if !status.is_success() {
        return Err(failed(FetchErrorKind::Status(status.as_u16())));
    }
    let text = response.bytes().await.map_err(|error| failed(error.into()))?.to_vec();

    let (bytes, status) = (text.len() as u64, status.as_u16());
    let page = Page { url: url.clone(), status, bytes, elapsed: began.elapsed() };
    Ok(Fetched { page, text })
}

/// A number that stands for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub u64);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "digest {:016x}", self.0)
    }
}

// ANCHOR: digest
/// Hashes the text, many times over: work for a CPU, and nothing else.
#[instrument(skip_all, fields(%url), ret(Display))]
pub fn digest(url: &Url, text: &[u8]) -> Digest {
    let mut hasher = DefaultHasher::new();
    for _ in 0..TIMES {
        hasher.write(text);
    }
    Digest(hasher.finish())
}
// ANCHOR_END: digest

/// Has `work` done by rayon's threads, and waits without holding one.
///
/// # Errors
///
/// What `work` panicked with.
// ANCHOR: on_rayon
pub async fn on_rayon<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> thread::Result<T> {
    let (tell, told) = oneshot::channel();
    rayon::spawn(move || {
        // rayon has nobody to hand a panic to, and would end the whole process.
        let done = catch_unwind(AssertUnwindSafe(work));
        // Nobody waits any more if the future was dropped.
        let _ = tell.send(done);
    });
    told.await.unwrap_or_else(|lost| Err(Box::new(lost)))
}
// ANCHOR_END: on_rayon

/// Fetches one page on the thread that polls this, and has it digested elsewhere.
///
/// # Errors
///
/// As [`fetch`](crate::fetch); `Lost` when the work on the page panicked.
// ANCHOR: fetch_and_digest
pub async fn fetch_and_digest(client: &Client, url: &Url) -> Result<Page, FetchError> {
    let Fetched { page, text } = fetch_text(client, url).await?;
    let (address, elapsed) = (url.clone(), page.elapsed);
    let digested = on_rayon(move || digest(&address, &text)).await;
    digested.map(|_| page).map_err(|_| {
        let kind = FetchErrorKind::Lost("the digest panicked".to_owned());
        FetchError { url: url.clone(), elapsed, kind }
    })
}
// ANCHOR_END: fetch_and_digest

/// Fetches and digests all pages; at most `limit` of them are on their way at once.
///
/// One result for each address, in completion order.
// ANCHOR: fetch_and_digest_all
pub async fn fetch_and_digest_all(
    client: &Client,
    urls: &[Url],
    limit: usize,
) -> Vec<Result<Page, FetchError>> {
    // A page is on its way until it is digested: if the work cannot keep up, fewer
    // downloads begin, and neither pages nor work pile up.
    let pages = stream::iter(urls).map(|url| fetch_and_digest(client, url));
    pages.buffer_unordered(limit.max(1)).collect().await
}
// ANCHOR_END: fetch_and_digest_all
