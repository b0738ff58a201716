//! PostgreSQL: a server with a process for each connection. Here a query is a task that waits for a connection, and then for
//! its answer.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, PoolError, TimeoutType};
use futures_util::future::join_all;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use super::{Answer, Query, QueryError};

pub use deadpool_postgres::{Object, Pool};
pub use tokio_postgres::{Client, Config};

// ANCHOR: pool
/// A pool of at most so many connections. None is open yet: each is opened when it is
/// needed for the first time, and kept.
///
/// Whoever finds none free waits: so long, or, without `patience`, until one is.
///
/// # Errors
///
/// When `size` is 0: then everybody would wait for ever.
pub fn pool(
    server: Config,
    size: usize,
    patience: Option<Duration>,
) -> Result<Pool, QueryError> {
    if size == 0 {
        return Err(QueryError::Other("a pool without connections".to_owned()));
    }
    let pool = Pool::builder(Manager::new(server, NoTls))
        .max_size(size)
        .wait_timeout(patience)
        .runtime(deadpool_postgres::Runtime::Tokio1);
    pool.build().map_err(|error| QueryError::Other(error.to_string()))
}
// ANCHOR_END: pool

// ANCHOR: query_all
/// Asks all queries at once; the pool is what bounds them.
///
/// One result for each query, in the order of the queries.
pub async fn query_all(
    pool: &Pool,
    queries: &[Query],
) -> Vec<Result<Answer, QueryError>> {
    join_all(queries.iter().map(|query| query_one(pool, query))).await
}

async fn query_one(pool: &Pool, query: &Query) -> Result<Answer, QueryError> {
    let connection = pool.get().await?;
    let began = Instant::now();
    let statement = connection.prepare_cached(query.text).await?;
    connection.query(&statement, &[&query.number]).await?;
    Ok(Answer { elapsed: began.elapsed() })
} // here the connection goes back to the pool
// ANCHOR_END: query_all

// ANCHOR: take
/// Takes so many connections out of a pool, one after another, and says why there are
/// fewer. Dropping one gives it back.
pub async fn take(pool: &Pool, wanted: usize) -> (Vec<Object>, Option<QueryError>) {
    let mut taken = Vec::new();
    for _ in 0..wanted {
        match pool.get().await {
            Ok(connection) => taken.push(connection),
            Err(error) => return (taken, Some(error.into())),
        }
    }
    (taken, None)
}
// ANCHOR_END: take

/// Opens a connection that belongs to no pool, and has it served by a task of its own, which ends with it.
///
/// # Errors
///
/// When the server does not answer, or refuses.
pub async fn connect(server: &Config) -> Result<Client, QueryError> {
    let (client, connection) = server.connect(NoTls).await?;
    // What ends it is told to whoever asks the client next.
    tokio::spawn(async { drop(connection.await) });
    Ok(client)
}

// ANCHOR: errors
impl From<tokio_postgres::Error> for QueryError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refused) = error.as_db_error() else {
            let network = error.source().is_some_and(<dyn Error>::is::<io::Error>);
            let said = with_cause(&error);
            let gone = error.is_closed() || network;
            return if gone { Self::Gone(said) } else { Self::Other(said) };
        };
        let said = refused.message().to_owned();
        match *refused.code() {
            SqlState::TOO_MANY_CONNECTIONS => Self::TooManyConnections(said), // 53300
            SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW => Self::Gone(said),
            SqlState::LOCK_NOT_AVAILABLE => Self::Busy(said),
            SqlState::QUERY_CANCELED => Self::Timeout(said), // statement_timeout
            SqlState::DISK_FULL => Self::Full(said),
            ref code => Self::Other(format!("{said} ({})", code.code())),
        }
    }
}
// ANCHOR_END: errors

/// The client's own sentence, and why.
fn with_cause(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl From<PoolError> for QueryError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(TimeoutType::Wait) => {
                Self::Timeout("no connection of the pool was free".to_owned())
            }
            other => Self::Other(other.to_string()),
        }
    }
}
