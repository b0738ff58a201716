//! How many workers? Measured: the same work with more and more of them.

use std::io;
use std::time::{Duration, Instant};

use sequential_fetch::{Client, FetchError, Page, Url, fetch};

use crate::{JobPanicked, ThreadPool};

/// What so many workers came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// How many workers.
    pub workers: usize,
    /// From before the first job was queued until the last was done.
    pub wall: Duration,
    /// How long each page took that arrived, the shortest first.
    pub latencies: Vec<Duration>,
    /// Why the other jobs failed, one for each.
    pub failures: Vec<String>,
}

// ANCHOR: measure
/// Fetches one address `jobs` times with so many workers.
///
/// # Errors
///
/// As [`ThreadPool::new`]. A page that fails is one of the step's failures.
pub fn measure(
    client: &Client,
    url: &Url,
    workers: usize,
    jobs: usize,
) -> io::Result<Step> {
    let pool = ThreadPool::new(workers)?;
    let client = client.clone();
    let began = Instant::now();
    let results = pool.map(vec![url.clone(); jobs], move |url| fetch(&client, &url));
    Ok(Step::new(workers, began.elapsed(), results))
}
// ANCHOR_END: measure

impl Step {
    fn new(
        workers: usize,
        wall: Duration,
        results: Vec<Result<Result<Page, FetchError>, JobPanicked>>,
    ) -> Self {
        let mut step =
            Self { workers, wall, latencies: Vec::new(), failures: Vec::new() };
        for result in results {
            match result {
                Ok(Ok(page)) => step.latencies.push(page.elapsed),
                Ok(Err(error)) => step.failures.push(error.to_string()),
                Err(panicked) => step.failures.push(panicked.to_string()),
            }
        }
        step.latencies.sort_unstable();
        step
    }

    // ANCHOR: littles_law
    /// X, the throughput: how many pages arrived in a second.
    pub fn throughput(&self) -> f64 {
        self.latencies.len() as f64 / self.wall.as_secs_f64()
    }

    /// W, the mean time that a page took, in seconds; 0 where no page arrived.
    pub fn mean_latency(&self) -> f64 {
        let total: Duration = self.latencies.iter().sum();
        total.as_secs_f64() / self.latencies.len().max(1) as f64
    }

    /// L, how many of these pages were under way on average: L = X · W (Little, 1961).
    pub fn in_flight(&self) -> f64 {
        self.throughput() * self.mean_latency()
    }
    // ANCHOR_END: littles_law
}

// ANCHOR: percentile
/// The value that `percent` of a hundred do not exceed, by the nearest-rank method: one
/// of the values, none made up between two of them.
///
/// `sorted` is in ascending order. `None` where it is empty, or beyond 100.
pub fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    // Ranks count from 1; the 0th percentile is the least value.
    sorted.get(rank.saturating_sub(1)).copied()
}
// ANCHOR_END: percentile

// ANCHOR: predicted
/// The throughput, in pages a second, that Little's law allows `workers`, where a page
/// takes `latency` seconds alone and the site serves `slots` at once.
pub fn predicted(workers: usize, latency: f64, slots: Option<usize>) -> f64 {
    // Whoever waits for a slot is not being served.
    let served = slots.map_or(workers, |slots| workers.min(slots));
    served as f64 / latency
}
// ANCHOR_END: predicted

/// How many jobs a step with so many workers has: `least`, or ten for each worker.
///
/// Fewer would measure how the pool starts and how it runs dry.
pub fn jobs_for(workers: usize, least: usize) -> usize {
    least.max(10 * workers)
}
