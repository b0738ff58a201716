//! SQLite: many may read, and one may write.
//!
//! A database is one file, and a connection is not [`Sync`]: each thread opens one of its own, or one thread owns the only one and
//! is sent what is to be written.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use std::{fmt, iter, panic, thread};

pub use rusqlite::TransactionBehavior::{Deferred, Immediate};
pub use rusqlite::{Connection, Result, TransactionBehavior};
use rusqlite::{ErrorCode, ffi};

/// Where SQLite keeps the other state, while a transaction writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// The old pages in a journal, the new ones in the database: SQLite's default.
    Rollback,
    /// The new pages in a log, the old ones in the database: write-ahead logging.
    Wal,
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rollback => "rollback journal",
            Self::Wal => "WAL",
        })
    }
}

// ANCHOR: open
/// A connection, which waits for `patience` when others are in its way.
pub fn open(path: &Path, patience: Duration) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(patience)?;
    Ok(connection)
}

/// Makes a database with no entries, and with a counter at 0.
pub fn create(path: &Path, journal: Journal) -> Result<Connection> {
    let connection = open(path, Duration::from_secs(5))?;
    if journal == Journal::Wal {
        // Kept in the file: all who open it later have it too.
        connection.pragma_update(None, "journal_mode", "wal")?;
    }
    connection.execute_batch(
        "CREATE TABLE entry (body BLOB NOT NULL) STRICT;
         CREATE TABLE counter (n INTEGER NOT NULL) STRICT;
         INSERT INTO counter VALUES (0);",
    )?;
    Ok(connection)
}
// ANCHOR_END: open

/// Whether somebody else was in the way, so that a later try may succeed.
pub fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// SQLite's own name for what went wrong, of those that being busy has; anything else in its own words.
pub fn name_of(error: &rusqlite::Error) -> String {
    match error.sqlite_error().map(|error| error.extended_code) {
        Some(ffi::SQLITE_BUSY) => "BUSY".to_owned(),
        Some(ffi::SQLITE_BUSY_SNAPSHOT) => "BUSY_SNAPSHOT".to_owned(),
        _ => error.to_string(),
    }
}

/// Adds an entry of so many bytes.
pub fn insert(connection: &Connection, bytes: i32) -> Result<()> {
    connection.execute("INSERT INTO entry VALUES (zeroblob(?1))", [bytes])?;
    Ok(())
}

/// How many entries this connection sees.
pub fn entries(connection: &Connection) -> Result<i64> {
    connection.query_one("SELECT count(*) FROM entry", (), |row| row.get(0))
}

/// What the counter stands at.
pub fn counter(connection: &Connection) -> Result<i64> {
    connection.query_one("SELECT n FROM counter", (), |row| row.get(0))
}

// ANCHOR: read_beside_a_writer
/// How many entries a reader sees, while a writer has added one and not committed.
pub fn read_beside_a_writer(path: &Path, bytes: i32) -> Result<i64> {
    let (mut writer, reader) = (open(path, Duration::ZERO)?, open(path, Duration::ZERO)?);
    let writing = writer.transaction_with_behavior(Immediate)?;
    insert(&writing, bytes)?;
    entries(&reader)
}
// ANCHOR_END: read_beside_a_writer

/// What becomes of a commit while a reader is in a transaction, and how many more entries that reader sees afterwards.
pub fn commit_beside_a_reader(path: &Path) -> Result<(Result<()>, i64)> {
    let (mut writer, mut reader) =
        (open(path, Duration::ZERO)?, open(path, Duration::ZERO)?);
    let reading = reader.transaction()?;
    let before = entries(&reading)?;
    let writing = writer.transaction_with_behavior(Immediate)?;
    insert(&writing, 1)?;
    let committed = writing.commit();
    Ok((committed, entries(&reading)? - before))
}

/// What becomes of a second writer who does not wait.
pub fn write_beside_a_writer(path: &Path) -> Result<Result<()>> {
    let (mut first, second) = (open(path, Duration::ZERO)?, open(path, Duration::ZERO)?);
    let writing = first.transaction_with_behavior(Immediate)?;
    insert(&writing, 1)?;
    Ok(insert(&second, 1))
}

/// What becomes of a second writer who waits: the first commits when the second has had to look again.
pub fn write_in_turn(path: &Path) -> Result<Result<()>> {
    let mut first = open(path, Duration::ZERO)?;
    let writing = first.transaction_with_behavior(Immediate)?;
    insert(&writing, 1)?;
    let (tell, told) = channel();
    thread::scope(|scope| {
        let second = scope.spawn(|| {
            let mut second = open(path, Duration::ZERO)?;
            wait_and_tell(&mut second, tell)?;
            Ok(insert(&second, 1))
        });
        // An error: the second did not have to wait, and its thread has ended.
        let _ = told.recv();
        writing.commit()?;
        second.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}

/// Has a connection wait for as long as somebody listens, and tell each time that it has to.
pub fn wait_and_tell(connection: &mut Connection, tell: Sender<()>) -> Result<()> {
    connection.busy_handler(Some(move |_| {
        let heard = tell.send(());
        thread::sleep(Duration::from_millis(1));
        heard.is_ok()
    }))
}

// ANCHOR: add_one
/// Reads the counter, and writes one more.
pub fn add_one(connection: &mut Connection, begin: TransactionBehavior) -> Result<()> {
    let transaction = connection.transaction_with_behavior(begin)?;
    let n = counter(&transaction)?;
    transaction.execute("UPDATE counter SET n = ?1", [n + 1])?;
    transaction.commit()
}
// ANCHOR_END: add_one

/// What becomes of [`add_one`] when another connection, which does not wait, adds one between its two steps; and what becomes of
/// that other one. `patience` is how long the first would wait.
pub fn add_one_twice(
    path: &Path,
    begin: TransactionBehavior,
    patience: Duration,
) -> Result<[Result<()>; 2]> {
    let (mut first, mut second) = (open(path, patience)?, open(path, Duration::ZERO)?);
    let transaction = first.transaction_with_behavior(begin)?;
    let n = counter(&transaction)?;
    let of_second = add_one(&mut second, begin);
    let of_first = transaction
        .execute("UPDATE counter SET n = ?1", [n + 1])
        .and_then(|_| transaction.commit());
    Ok([of_first, of_second])
}

/// What many threads came to that add to one counter.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How many additions were committed.
    pub done: usize,
    /// How many failed, since somebody else was in the way.
    pub busy: usize,
}

// ANCHOR: count_up
/// Has `threads` threads add one to the counter `each` times, a connection each.
///
/// # Errors
///
/// The first that is not about being busy.
pub fn count_up(
    path: &Path,
    threads: usize,
    each: usize,
    begin: TransactionBehavior,
) -> Result<Counted> {
    let count = || {
        let mut connection = open(path, Duration::from_mins(1))?;
        let mut counted = Counted::default();
        for _ in 0..each {
            match add_one(&mut connection, begin) {
                Ok(()) => counted.done += 1,
                Err(error) if is_busy(&error) => counted.busy += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(counted)
    };
    on_threads(threads, count)
}
// ANCHOR_END: count_up

/// Runs `job` on so many threads, and adds up what they counted.
fn on_threads(
    threads: usize,
    job: impl Fn() -> Result<Counted> + Sync,
) -> Result<Counted> {
    let mut sum = Counted::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&job)).collect();
        for thread in threads {
            let counted =
                thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic))?;
            sum.done += counted.done;
            sum.busy += counted.busy;
        }
        Ok(sum)
    })
}

// ANCHOR: batch
/// Adds `n` entries, each in a transaction of its own: so it is without a `BEGIN`.
pub fn insert_each(connection: &Connection, n: usize) -> Result<()> {
    for _ in 0..n {
        insert(connection, 100)?;
    }
    Ok(())
}

/// Adds `n` entries in one transaction.
pub fn insert_together(connection: &mut Connection, n: usize) -> Result<()> {
    let transaction = connection.transaction_with_behavior(Immediate)?;
    insert_each(&transaction, n)?;
    transaction.commit()
}
// ANCHOR_END: batch

/// Has `threads` threads add `each` entries, a connection and a transaction for each.
pub fn write_from_threads(path: &Path, threads: usize, each: usize) -> Result<Counted> {
    on_threads(threads, || {
        let connection = open(path, Duration::from_mins(1))?;
        connection.pragma_update(None, "synchronous", "full")?;
        insert_each(&connection, each)?;
        Ok(Counted { done: each, busy: 0 })
    })
}

/// What a writer has written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// How many entries.
    pub entries: usize,
    /// In how many transactions.
    pub commits: usize,
}

#[expect(clippy::needless_pass_by_value, reason = "senders have to hear of its end")]
// ANCHOR: write_all
/// Writes what arrives: one transaction for all that is there, up to `at_most`.
///
/// # Errors
///
/// That of the first transaction that failed. What was in it is lost, and so is what is
/// still in the channel; who sends then gets an error.
pub fn write_all(
    mut connection: Connection,
    arriving: Receiver<i32>,
    at_most: usize,
) -> Result<Written> {
    let mut written = Written::default();
    while let Ok(first) = arriving.recv() {
        let transaction = connection.transaction_with_behavior(Immediate)?;
        let together = iter::once(first).chain(arriving.try_iter());
        for bytes in together.take(at_most.max(1)) {
            insert(&transaction, bytes)?;
            written.entries += 1;
        }
        transaction.commit()?;
        written.commits += 1;
    }
    Ok(written)
}
// ANCHOR_END: write_all

/// Has `threads` threads send `each` entries to one writer, who owns the only connection.
// ANCHOR: write_by_one
pub fn write_by_one(
    connection: Connection,
    threads: usize,
    each: usize,
) -> Result<Written> {
    // Bounded: who sends faster than the disk writes has to wait.
    let (send, arriving) = std::sync::mpsc::sync_channel(100);
    thread::scope(|scope| {
        let writer = scope.spawn(|| write_all(connection, arriving, 100));
        for _ in 0..threads {
            let send = send.clone();
            // An error says that the writer has failed, and the writer says why.
            scope.spawn(move || (0..each).try_for_each(|_| send.send(100)));
        }
        drop(send); // or the writer would wait for more
        writer.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}
// ANCHOR_END: write_by_one

/// Adds so many entries in both ways, waiting for the disk as `synchronous` says; how long each took.
pub fn each_and_together(
    connection: &mut Connection,
    synchronous: &str,
    n: usize,
) -> Result<[Duration; 2]> {
    connection.pragma_update(None, "synchronous", synchronous)?;
    let began = std::time::Instant::now();
    insert_each(connection, n)?;
    let each = began.elapsed();
    let began = std::time::Instant::now();
    insert_together(connection, n)?;
    Ok([each, began.elapsed()])
}

/// The two ways to begin that a transaction which writes may take, with their names in SQL.
pub const BEGINS: [(&str, TransactionBehavior); 2] =
    [("BEGIN DEFERRED", Deferred), ("BEGIN IMMEDIATE", Immediate)];
