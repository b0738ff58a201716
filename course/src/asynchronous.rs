//! What the exercises of chapter 5 fetch with: that chapter's `fetch`, and runtimes for their tests.

use std::cell::Cell;
use std::future::Future;
use std::sync::Once;
use std::time::{Duration, Instant};
use std::{panic, thread};

pub use reqwest::Client;
use sequential_fetch::{FetchError, FetchErrorKind, Page, Url};
use tokio::runtime::{Builder, Runtime};
use tracing::instrument;

/// The name of the threads that poll tasks, where there are several.
const POLLER: &str = "poller";

thread_local! {
    static BEGUN_HERE: Cell<usize> = const { Cell::new(0) };
}

/// A client for all fetches of an exercise.
///
/// # Panics
///
/// When there can be none.
pub fn client(timeout: Duration) -> Client {
    // The course alone is built without TLS. With it, no client can be made before this.
    sequential_fetch::provide_ciphers();
    let client = Client::builder().timeout(timeout).no_proxy().build();
    client.unwrap_or_else(|error| panic!("no client: {error}"))
}

/// Fetches one page. Nothing is sent before the future is polled; dropping it hangs up.
///
/// # Errors
///
/// A status outside 200 to 299 is an error too.
#[instrument(skip_all, fields(%url))]
pub async fn fetch(client: &Client, url: &Url) -> Result<Page, FetchError> {
    BEGUN_HERE.set(BEGUN_HERE.get() + 1);
    let began = Instant::now();
    let failed = |kind| FetchError { url: url.clone(), elapsed: began.elapsed(), kind };
    let sent = client.get(url.clone()).send().await;
    let response = sent.map_err(|error| failed(error.into()))?;
    let status = response.status();
    if !status.is_success() {
        return Err(failed(FetchErrorKind::Status(status.as_u16())));
    }
    let body = response.bytes().await.map_err(|error| failed(error.into()))?;
    Ok(Page {
        url: url.clone(),
        status: status.as_u16(),
        bytes: body.len() as u64,
        elapsed: began.elapsed(),
    })
}

/// So many fetches were begun by the thread that asks: by those futures that it polled itself.
///
/// # Panics
///
/// With a sentence, when it was another number.
#[track_caller]
pub fn assert_begun_here(wanted: usize) {
    let seen = BEGUN_HERE.get();
    let meaning = if seen < wanted {
        "other threads were started, and waiting needs none"
    } else {
        "some are begun more than once"
    };
    assert!(
        seen == wanted,
        "the one thread began {seen} fetches, and {wanted} were wanted: {meaning}"
    );
}

/// Runs a future to its end on this thread alone: whatever blocks it blocks all.
///
/// # Panics
///
/// When there can be no runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime(Builder::new_current_thread().enable_all()).block_on(future)
}

/// The same with a clock that stands still, and jumps to the next timer whenever all tasks wait: an hour takes no time.
pub fn block_on_paused<T>(future: impl Future<Output = T>) -> T {
    runtime(Builder::new_current_thread().enable_all().start_paused(true))
        .block_on(future)
}

/// The same as [`block_on`] with so many threads that poll tasks.
///
/// A panic of a task is told in a line, whatever `RUST_BACKTRACE` says: a backtrace takes seconds on a busy machine, and tests
/// wait for the tasks that panic on purpose.
pub fn block_on_threads<T>(threads: usize, future: impl Future<Output = T>) -> T {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() == Some(POLLER) {
                eprintln!("a task {info}");
            } else {
                usual(info);
            }
        }));
    });
    let mut builder = Builder::new_multi_thread();
    runtime(builder.worker_threads(threads).thread_name(POLLER).enable_all())
        .block_on(future)
}

fn runtime(builder: &mut Builder) -> Runtime {
    builder.build().unwrap_or_else(|error| panic!("no runtime: {error}"))
}
