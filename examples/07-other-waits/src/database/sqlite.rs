//! SQLite: a library that reads a file. A query runs on the thread that asks, and holds it; so a thread for each connection.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;

use super::{Answer, Query, QueryError};

pub use rusqlite::functions::FunctionFlags;
pub use rusqlite::{Connection, OpenFlags};

/// How long a query waits for another connection's lock before it is [`QueryError::Busy`].
const PATIENCE: Duration = Duration::from_secs(5);

/// How many `pg_sleep`s are running, as the database sees it.
#[derive(Debug, Clone, Default)]
pub struct Sleepers(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Sleepers {
    /// How many are running now.
    pub fn now(&self) -> usize {
        self.0.now.load(Relaxed)
    }

    /// The most that ran at once.
    pub fn peak(&self) -> usize {
        self.0.peak.load(Relaxed)
    }

    fn sleep(&self, time: Duration) {
        let now = self.0.now.fetch_add(1, Relaxed) + 1;
        self.0.peak.fetch_max(now, Relaxed);
        thread::sleep(time);
        self.0.now.fetch_sub(1, Relaxed);
    }
}

/// Makes an empty database of this file, in WAL mode: who reads does not wait for who writes.
///
/// # Errors
///
/// When the file cannot be written.
pub fn create(path: &Path) -> Result<(), QueryError> {
    let connection = Connection::open(path)?;
    // Kept in the file: every later connection finds it so.
    connection.pragma_update(None, "journal_mode", "wal")?;
    Ok(connection.execute_batch("CREATE TABLE notes (text BLOB)")?)
}

/// Opens so many connections to a database.
///
/// # Errors
///
/// [`QueryError::Gone`] when the file is not there, is no database, or cannot be opened once more.
pub fn connect(
    path: &Path,
    connections: usize,
    sleepers: &Sleepers,
) -> Result<Vec<Connection>, QueryError> {
    (0..connections).map(|_| open(path, sleepers)).collect()
}

// ANCHOR: open
fn open(path: &Path, sleepers: &Sleepers) -> Result<Connection, QueryError> {
    // Without these flags a misspelt path would be a new and empty database.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let sleepers = sleepers.clone();
    let utf8 = FunctionFlags::SQLITE_UTF8;
    connection.create_scalar_function("pg_sleep", 1, utf8, move |arguments| {
        sleepers.sleep(Duration::from_secs_f64(arguments.get::<f64>(0)?.max(0.0)));
        Ok(None::<f64>)
    })?;
    // SQLite opens lazily: only now is it known whether this is a database.
    connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
    Ok(connection)
}
// ANCHOR_END: open

fn query_one(connection: &Connection, query: &Query) -> Result<Answer, QueryError> {
    let began = Instant::now();
    let mut statement = connection.prepare(query.text)?;
    let mut rows = statement.query([query.number])?;
    while rows.next()?.is_some() {}
    Ok(Answer { elapsed: began.elapsed() })
}

// ANCHOR: query_all
/// Asks all queries, each of the connection that is free first, on a thread for each
/// connection.
///
/// One result for each query, in the order of the queries.
pub fn query_all(
    connections: &mut [Connection],
    queries: &[Query],
) -> Vec<Result<Answer, QueryError>> {
    let (tell, told) = mpsc::channel();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for connection in connections {
            let (tell, next) = (tell.clone(), &next);
            // No thread to be had: then the others ask its share of the queries.
            let _ = thread::Builder::new().spawn_scoped(scope, move || {
                while let n = next.fetch_add(1, Relaxed)
                    && let Some(query) = queries.get(n)
                {
                    let _ = tell.send((n, query_one(connection, query)));
                }
            });
        }
    });
    // ANCHOR_END: query_all
    drop(tell);
    let mut results = vec![Err(QueryError::NeverAsked); queries.len()];
    for (n, result) in told {
        results[n] = result;
    }
    results
}

impl From<rusqlite::Error> for QueryError {
    fn from(error: rusqlite::Error) -> Self {
        let said = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(said),
            Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase) => Self::Gone(said),
            Some(ErrorCode::DiskFull) => Self::Full(said),
            _ => Self::Other(said),
        }
    }
}

/// The version of SQLite that was built along.
pub fn version() -> &'static str {
    rusqlite::version()
}
