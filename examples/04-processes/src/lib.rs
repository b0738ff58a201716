//! Chapter 4: workers that may crash, each a process of its own.
//!
//! [`fetch_all`] and [`crunch_all`] are those of chapter 3, on a [`ProcessPool`]: the jobs are done by child processes, which
//! are this very program once more ([`worker`]), and talk to it in messages over pipes ([`frame`]).

pub mod child;
pub mod cost;
pub mod frame;
pub mod isolation;
mod pool;
pub mod worker;

use std::ops::Range;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::instrument;

pub use pool::{JobHandle, ProcessPool};
use sequential_fetch::{Client, client};
pub use sequential_fetch::{FetchError, FetchErrorKind, Page, Url};
pub use worker::{JobLost, Serve, Task, Worker, work_if_asked};

// ANCHOR: tasks
/// What a worker of this chapter can do.
pub const TASKS: [&dyn Serve; 3] = [&CLIENT, &FETCH, &CRUNCH];

const CLIENT: Task<Duration, Result<(), FetchErrorKind>> =
    Task::new("client", |timeout| client_of_this_process(timeout).map(drop));
const FETCH: Task<(Url, Duration), Result<Page, FetchError>> =
    Task::new("fetch", fetch_alone);
const CRUNCH: Task<Range<u64>, u64> = Task::new("crunch", sequential_fetch::crunch);
// ANCHOR_END: tasks

// ANCHOR: fetch_alone
/// Fetches one page, in a worker. A client cannot cross: each process has its own.
fn fetch_alone((url, timeout): (Url, Duration)) -> Result<Page, FetchError> {
    let began = Instant::now();
    match client_of_this_process(timeout) {
        Ok(client) => sequential_fetch::fetch(&client, &url),
        Err(kind) => Err(FetchError { url, elapsed: began.elapsed(), kind }),
    }
}

/// The client that the last fetch has used, with its connections, unless the timeout has
/// changed.
fn client_of_this_process(timeout: Duration) -> Result<Client, FetchErrorKind> {
    static KEPT: Mutex<Option<(Duration, Client)>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let client = match kept.take() {
        Some((its_timeout, client)) if its_timeout == timeout => client,
        _ => client(timeout)?,
    };
    *kept = Some((timeout, client.clone()));
    Ok(client)
}
// ANCHOR_END: fetch_alone

/// Has each worker make its client, which takes a while. Without this the first fetch does.
///
/// # Errors
///
/// When a client cannot be made, or a worker was lost.
// ANCHOR: make_clients
pub fn make_clients(pool: &ProcessPool, timeout: Duration) -> Result<(), FetchErrorKind> {
    let everyone = Arc::new(Barrier::new(pool.workers()));
    let made = pool.map(vec![everyone; pool.workers()], move |worker, everyone| {
        // The jobs meet, and so none of the workers gets two of them.
        everyone.wait();
        worker.call(&CLIENT, &timeout)
    });
    let lost = |lost: JobLost| FetchErrorKind::Lost(lost.to_string());
    made.into_iter().try_for_each(|made| made.map_err(lost)?)
}
// ANCHOR_END: make_clients

/// Has a worker fetch one page, and waits for it.
///
/// # Errors
///
/// Those of chapter 1, and [`FetchErrorKind::Lost`] when the worker was lost.
// ANCHOR: fetch
#[instrument(skip_all, fields(%url), ret(Display), err)]
pub fn fetch(
    worker: &mut Worker,
    url: &Url,
    timeout: Duration,
) -> Result<Page, FetchError> {
    let began = Instant::now();
    worker.call(&FETCH, &(url.clone(), timeout)).unwrap_or_else(|lost| {
        let kind = FetchErrorKind::Lost(lost.to_string());
        Err(FetchError { url: url.clone(), elapsed: began.elapsed(), kind })
    })
}
// ANCHOR_END: fetch

// ANCHOR: fetch_all
/// Fetches all pages, at most as many at once as the pool has workers.
///
/// One result for each address, in the order of the addresses. A page that fails is an
/// error in its place, and so is one whose worker was lost.
pub fn fetch_all(
    pool: &ProcessPool,
    timeout: Duration,
    urls: &[Url],
) -> Vec<Result<Page, FetchError>> {
    let began = Instant::now();
    let results =
        pool.map(urls.to_vec(), move |worker, url| Ok(fetch(worker, &url, timeout)));
    urls.iter()
        .zip(results)
        .map(|(url, result)| {
            result.unwrap_or_else(|lost| {
                let kind = FetchErrorKind::Lost(lost.to_string());
                Err(FetchError { url: url.clone(), elapsed: began.elapsed(), kind })
            })
        })
        .collect()
}
// ANCHOR_END: fetch_all

/// Has a worker count the primes among `numbers`, and waits for it.
///
/// # Errors
///
/// When the worker was lost.
// ANCHOR: crunch
#[instrument(skip(worker), ret, err)]
pub fn crunch(worker: &mut Worker, numbers: Range<u64>) -> Result<u64, JobLost> {
    worker.call(&CRUNCH, &numbers)
}
// ANCHOR_END: crunch

// ANCHOR: crunch_all
/// Counts the primes in each chunk, as many chunks at once as the pool has workers.
///
/// One count for each chunk, in the order of the chunks.
///
/// # Errors
///
/// The first chunk that was lost with its worker takes all of them.
pub fn crunch_all(
    pool: &ProcessPool,
    chunks: &[Range<u64>],
) -> Result<Vec<u64>, JobLost> {
    pool.map(chunks.to_vec(), crunch).into_iter().collect()
}
// ANCHOR_END: crunch_all
