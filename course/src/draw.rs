//! The timeline of an answer, drawn from its own run.

use std::future::Future;
use std::io::{self, ErrorKind, Write as _};
use std::process;
use std::time::Duration;

use lab::slow_web::{DEFAULT_DELAYS_MS, SlowWeb};
use lab::timeline::Timeline;
use sequential_fetch::{Client, Url, client};
use tracing_subscriber::prelude::*;

use crate::asynchronous;
use crate::patience::{PATIENCE, within};

/// Runs an answer on the book's five sites, and draws what ran when. For the `main` of an exercise.
///
/// Ends the process with exit code 1 when the answer panics, or has not ended within [`PATIENCE`].
pub fn draw<T>(answer: impl FnOnce(&Client, &[Url]) -> T + Send + 'static) {
    five_sites(|urls| {
        let client =
            client(PATIENCE).unwrap_or_else(|error| panic!("no client: {error}"));
        answer(&client, urls);
    });
}

/// The same for an answer that is a future; it is polled by one thread.
pub fn draw_async<F: Future>(
    answer: impl FnOnce(asynchronous::Client, Vec<Url>) -> F + Send + 'static,
) {
    five_sites(|urls| {
        let urls = urls.to_vec();
        asynchronous::block_on(async {
            answer(asynchronous::client(PATIENCE), urls).await;
        });
    });
}

fn five_sites(answer: impl FnOnce(&[Url]) + Send + 'static) {
    let drawn = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        within(|| {
            let timeline = Timeline::new();
            // A second one would be another main.
            let _ = tracing_subscriber::registry().with(timeline.clone()).try_init();
            let sites = DEFAULT_DELAYS_MS.map(Duration::from_millis);
            let web = SlowWeb::builder()
                .sites(sites)
                .start()
                .unwrap_or_else(|error| panic!("no slow web: {error}"));
            let urls = web.urls();
            timeline.restart();
            answer(&urls);
            (timeline.record().to_text(), web.peak_in_flight())
        })
    }));
    let Ok((text, peak)) = drawn else {
        process::exit(1); // The panic has said why.
    };
    // A closed pipe is silence, not failure.
    if let Err(error) = writeln!(io::stdout(), "{text}at most {peak} in flight")
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("cannot print: {error}");
        process::exit(1);
    }
}
