//! What can go wrong with one fetch, told apart so that a program can act on it.

use std::error::Error;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

/// A fetch that failed: which one, after how long, and why.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{kind}")]
pub struct FetchError {
    /// The address that was asked for.
    pub url: Url,
    /// From before connecting to the failure, or until it was noticed that it is lost.
    pub elapsed: Duration,
    /// Why.
    pub kind: FetchErrorKind,
}

// ANCHOR: kind
/// Why a fetch failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum FetchErrorKind {
    /// The client's timeout passed before the last byte arrived.
    #[error("timeout")]
    Timeout,
    /// Nothing listens at that address.
    #[error("refused")]
    Refused,
    /// The answer has a status outside 200 to 299.
    #[error("status {0}")]
    Status(u16),
    /// The answer began well, and its body did not arrive whole.
    #[error("body: {0}")]
    Body(String),
    /// The address cannot be used: no such host, or not one for HTTP.
    #[error("address: {0}")]
    Address(String),
    /// Anything else: no HTTP, redirects without end, a connection lost too early.
    #[error("connection: {0}")]
    Connection(String),
    /// Whoever fetched it ended without a result: a thread that panicked, say.
    #[error("lost: {0}")]
    Lost(String),
}
// ANCHOR_END: kind

impl From<reqwest::Error> for FetchErrorKind {
    fn from(error: reqwest::Error) -> Self {
        // The order matters: a timeout while connecting, say, is both a timeout and an error of the connection.
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_dns() || error.is_builder() {
            Self::Address(innermost(&error))
        } else if causes(&error).any(is_refusal) {
            Self::Refused
        } else if error.is_body() || error.is_decode() {
            Self::Body(innermost(&error))
        } else if causes(&error).any(is_tls) {
            Self::Connection(format!("TLS, {}", innermost(&error)))
        } else {
            Self::Connection(innermost(&error))
        }
    }
}

/// reqwest wraps what happened in layers ("error sending request", "client error"): the error, and all that is inside it.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let outermost: &(dyn Error + 'static) = error;
    std::iter::successors(Some(outermost), |&cause| {
        // An io::Error leaves what it is made of out of the chain, and goes on with the cause of that.
        let inside = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inside
            .map(|inside| inside as &(dyn Error + 'static))
            .or_else(|| Error::source(cause))
    })
}

/// The innermost cause says what happened.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn is_refusal(cause: &(dyn Error + 'static)) -> bool {
    cause
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(feature = "programs")]
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<rustls::Error>()
}

#[cfg(not(feature = "programs"))]
fn is_tls(_: &(dyn Error + 'static)) -> bool {
    false
}
