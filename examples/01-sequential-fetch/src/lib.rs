//! Chapter 1: one after another.
//!
//! Two jobs run through the whole book. [`fetch_all`] *waits*: for five web sites, some of them slow. [`crunch_all`] *works*:
//! it counts primes. Here both are done in the plainest way there is, one unit after another; every later chapter changes only
//! how the units are run.

mod error;
#[cfg(feature = "programs")]
mod report;

use std::fmt;
use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

pub use reqwest::blocking::Client;
use reqwest::blocking::ClientBuilder;
use serde::{Deserialize, Serialize};
use tracing::instrument;
pub use url::Url;

pub use error::{FetchError, FetchErrorKind};

/// A page that arrived whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The address that was asked for, which redirects may have led away from.
    pub url: Url,
    /// The HTTP status: 200 to 299.
    pub status: u16,
    /// The size of the body in bytes.
    pub bytes: u64,
    /// From before connecting to the last byte of the body.
    pub elapsed: Duration,
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} bytes", self.status, self.bytes)
    }
}

/// A client for all fetches of a program: it keeps connections open and uses them again.
///
/// `timeout` bounds one whole fetch, from connecting to the last byte of the body.
///
/// # Errors
///
/// When the system's certificates cannot be read.
// ANCHOR: client
pub fn client(timeout: Duration) -> reqwest::Result<Client> {
    provide_ciphers();
    // Set on the async builder, the timeout is one deadline for everything. Set on the
    // blocking one, it would start afresh for the body.
    let deadline = reqwest::Client::builder().timeout(timeout).no_proxy();
    ClientBuilder::from(deadline).timeout(None).build()
}
// ANCHOR_END: client

/// Gives `https://` the part that knows the ciphers, for every client of this process.
pub fn provide_ciphers() {
    // A second call finds it set already: as good.
    #[cfg(feature = "programs")]
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Fetches one page, and waits until its last byte has arrived.
///
/// # Errors
///
/// A status outside 200 to 299 is an error too; see [`FetchErrorKind`].
// ANCHOR: fetch
#[instrument(skip_all, fields(%url), ret(Display), err)]
pub fn fetch(client: &Client, url: &Url) -> Result<Page, FetchError> {
    let began = Instant::now();
    let failed = |kind| FetchError { url: url.clone(), elapsed: began.elapsed(), kind };

    let mut response =
        client.get(url.clone()).send().map_err(|error| failed(error.into()))?;
    let status = response.status();
    if !status.is_success() {
        return Err(failed(FetchErrorKind::Status(status.as_u16())));
    }
    // The head says that an answer has begun. It has arrived when its body has. The body
    // is counted and not kept: however large it is, it needs no memory.
    let bytes =
        response.copy_to(&mut io::sink()).map_err(|error| failed(error.into()))?;

    Ok(Page {
        url: url.clone(),
        status: status.as_u16(),
        bytes,
        elapsed: began.elapsed(),
    })
}
// ANCHOR_END: fetch

// ANCHOR: fetch_all
/// Fetches all pages, one after another.
///
/// One result for each address, in the order of the addresses. A page that fails is an
/// error in its place; the others are fetched all the same.
pub fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    urls.iter().map(|url| fetch(client, url)).collect()
}
// ANCHOR_END: fetch_all

// ANCHOR: crunch
/// Counts the primes among `numbers` by trial division: work for a CPU, and nothing else.
#[instrument(ret)]
pub fn crunch(numbers: Range<u64>) -> u64 {
    numbers.filter(|&n| is_prime(n)).map(|_| 1).sum()
}

fn is_prime(n: u64) -> bool {
    n >= 2 && (2..=n.isqrt()).all(|divisor| !n.is_multiple_of(divisor))
}
// ANCHOR_END: crunch

// ANCHOR: crunch_all
/// Counts the primes in each chunk, one chunk after another.
///
/// One count for each chunk, in the order of the chunks.
pub fn crunch_all(chunks: &[Range<u64>]) -> Vec<u64> {
    chunks.iter().cloned().map(crunch).collect()
}
// ANCHOR_END: crunch_all
