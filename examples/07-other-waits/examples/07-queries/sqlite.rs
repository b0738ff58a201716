//! The steps on SQLite: a thread for each connection.

use std::error::Error;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use lab::scratch::Scratch;
use lab::stage::Screen;
use other_waits::database::Query;
use other_waits::database::sqlite::{Connection, Sleepers, connect, create, query_all};

use super::{Arguments, HEAD, Measured, Steps, mean};

pub(crate) fn run(
    arguments: &Arguments,
    screen: &Screen,
) -> Result<Steps, Box<dyn Error>> {
    let folder = Scratch::new(None)?;
    let file = folder.path().join("notes.db");
    create(&file)?;
    let version = other_waits::database::sqlite::version();
    screen.line(&format!("SQLite {version}, a thread for each connection"))?;
    let mut steps = Steps::default();
    for ((what, query), steps) in arguments.kinds().into_iter().zip(&mut steps) {
        screen.line("")?;
        screen.line(&what)?;
        screen.line(HEAD)?;
        for &size in &arguments.pool {
            let sleepers = Sleepers::default();
            let mut connections = connect(&file, size, &sleepers)?;
            let queries = arguments.queries(&query, size);
            // The first query of a connection reads the schema too.
            query_all(&mut connections, &vec![Query::work(1); size]);
            let measured = measure(&mut connections, &queries, &sleepers)?;
            measured.show(screen)?;
            steps.push(measured);
        }
    }
    Ok(steps)
}

/// Asks the queries, and looks meanwhile how many sleep.
fn measure(
    connections: &mut [Connection],
    queries: &[Query],
    sleepers: &Sleepers,
) -> Result<Measured, Box<dyn Error>> {
    let size = connections.len();
    let (end, ended) = mpsc::channel::<()>();
    let began = Instant::now();
    let (wall, results, counts) = thread::scope(|scope| {
        let counting = scope.spawn(move || {
            let mut counts = Vec::new();
            let every = Duration::from_millis(2);
            while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                counts.push(sleepers.now());
            }
            counts
        });
        let results = query_all(connections, queries);
        let wall = began.elapsed();
        drop(end);
        (wall, results, counting.join().unwrap_or_default())
    });
    // Only `pg_sleep` counts itself.
    let counted = mean(&counts).filter(|_| sleepers.peak() > 0);
    Ok(Measured::new(size, wall, results, counted)?)
}
