//! Many queries whose latency is the wait.
//!
//! [`sqlite`] has a thread for each connection, [`postgres`] a task for each query. Both answer the same queries, and fail with
//! the same errors.

pub mod postgres;
pub mod sqlite;

use std::str::FromStr;
use std::time::Duration;

/// Which database a program is told to ask.
#[derive(Debug, Clone)]
pub enum Database {
    /// The one that is built along.
    Sqlite,
    /// A server of the program's own, from what is installed.
    Postgres,
    /// A server that runs already.
    Elsewhere(Box<postgres::Config>),
}

impl FromStr for Database {
    type Err = String;

    /// Reads `sqlite`, `postgres` or an address `postgres://...`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            address if address.starts_with("postgres") => {
                let server = address.parse::<postgres::Config>();
                let server = server.map_err(|error| error.to_string())?;
                Ok(Self::Elsewhere(Box::new(server)))
            }
            _ => Err("sqlite, postgres, or an address postgres://...".to_owned()),
        }
    }
}

/// Counts rows that it makes up itself: work for whoever runs the query, and no wait for a disk.
const COUNT: &str = "WITH RECURSIVE numbers(n) AS (
    SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < CAST($1 AS double precision)
) SELECT count(*) FROM numbers";

/// A query with one parameter, and the number that stands for `$1` in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// In an SQL that both databases read.
    pub text: &'static str,
    /// What `$1` is.
    pub number: f64,
}

impl Query {
    /// A query that takes so long, and uses no CPU meanwhile.
    pub fn wait(time: Duration) -> Self {
        Self { text: "SELECT pg_sleep($1)", number: time.as_secs_f64() }
    }

    /// A query that counts so many rows, and waits for nothing.
    pub fn work(rows: u32) -> Self {
        Self { text: COUNT, number: f64::from(rows) }
    }
}

/// A query that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// How long it took, once it had a connection.
    pub elapsed: Duration,
}

// ANCHOR: error
/// Why a query has no answer. What stands in it is what the database said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Another connection holds the lock. Later it may be free.
    #[error("busy: {0}")]
    Busy(String),
    /// The server has no room for another connection.
    #[error("too many connections: {0}")]
    TooManyConnections(String),
    /// There is no database there, or not any more.
    #[error("gone: {0}")]
    Gone(String),
    /// It took longer than it may.
    #[error("timeout: {0}")]
    Timeout(String),
    /// The disk, or its share of it, is full.
    #[error("full: {0}")]
    Full(String),
    /// Nobody was left to ask it.
    #[error("never asked")]
    NeverAsked,
    /// The database has another reason.
    #[error("{0}")]
    Other(String),
}
// ANCHOR_END: error
