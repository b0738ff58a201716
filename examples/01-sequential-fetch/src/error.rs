//! What can go wrong with one fetch, told apart so that a program can act on it.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use thiserror::Error;
use url::Url;

/// A fetch that failed: which one, after how long, and why.
#[derive(Debug, Error)]
#[error("{kind}")]
pub struct FetchError {
    /// The address that was asked for.
    pub url: Url,
    /// From before connecting to the failure.
    pub elapsed: Duration,
    /// Why.
    pub kind: FetchErrorKind,
}

// ANCHOR: kind
/// Why a fetch failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
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
    /// Anything else: an answer that is not HTTP, redirects without end, a connection
    /// that is lost before the answer.
    #[error("connection: {0}")]
    Connection(String),
}
// ANCHOR_END: kind

impl From<reqwest::Error> for FetchErrorKind {
    fn from(error: reqwest::Error) -> Self {
        // The order matters: a timeout while connecting, say, is both a timeout and an error of the connection.
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_dns() || error.is_builder() {
            Self::Address(root_cause(&error))
        } else if is_refused(&error) {
            Self::Refused
        } else if error.is_body() || error.is_decode() {
            Self::Body(root_cause(&error))
        } else {
            Self::Connection(root_cause(&error))
        }
    }
}

/// reqwest wraps what happened in layers ("error sending request", "client error"); the innermost says it.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn is_refused(error: &reqwest::Error) -> bool {
    std::iter::successors(error.source(), |cause| (*cause).source())
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}
