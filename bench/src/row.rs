//! One row, in a process of its own: what the driver starts. `bench/python/rows.py` is the same in Python.
//!
//! What a row needs is made before its clock starts, and the functions that are timed are those of the chapters. The last line on
//! standard output says how long the job took, and what came of it, so that the driver can see that it was done.

use std::hint::black_box;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use asynchronous::many::{self, raise_descriptor_limit, status};
use choosing::{Model, Ready, Setting, Url};
use clap::Subcommand;
use processes::{ProcessPool, Serve, Task, Worker};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest as _, Sha256};
use threads_and_locks::counter;
use tokio::runtime;
use tokio::sync::Notify;

/// How long a fetch may take: longer than any wait here, whatever the machine does meanwhile.
const TIMEOUT: Duration = Duration::from_mins(5);

/// How long units are held once all have begun, so that their memory and their number are seen.
const HELD: Duration = Duration::from_millis(200);

/// How many parts the pages are cut into, for each worker.
const PARTS: usize = 4;

/// The low bits of a sum that are told: as many as a JSON number keeps.
const TOLD: u64 = (1 << 53) - 1;

/// A row, as it stands in the command line of its process.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Row {
    /// Fetch pages
    Fetch {
        row: String,
        #[arg(long)]
        workers: usize,
        #[arg(long)]
        times: usize,
        urls: Vec<Url>,
    },
    /// Count primes
    Crunch {
        row: String,
        #[arg(long)]
        workers: usize,
        #[arg(long)]
        chunks: u64,
        #[arg(long)]
        numbers: u64,
    },
    /// Digest pages
    Hash {
        row: String,
        #[arg(long)]
        workers: usize,
        #[arg(long)]
        size: usize,
        #[arg(long)]
        count: usize,
    },
    /// Start units that wait
    Units {
        row: String,
        #[arg(long)]
        count: usize,
    },
    /// Count with threads
    Counter {
        row: String,
        #[arg(long)]
        threads: usize,
        #[arg(long)]
        increments: u64,
    },
    /// Start and end
    Start { row: String },
}

/// What a row says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The job alone, in milliseconds.
    pub(crate) job_ms: f64,
    /// What came of it.
    pub(crate) value: u64,
    /// The most memory that was resident at once, in KiB; nothing where the system does not tell (it is told on Linux).
    pub(crate) memory_kib: Option<u64>,
    /// Whether a GIL was on at the end; nothing for Rust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gil: Option<bool>,
}

/// What a worker process can do: the tasks of chapter 4, and digests.
pub(crate) const TASKS: [&dyn Serve; 4] =
    [processes::TASKS[0], processes::TASKS[1], processes::TASKS[2], &DIGEST];

const DIGEST: Task<Vec<ByteBuf>, u64> = Task::new("digest", |pages| digest(&pages));

impl Row {
    /// Does the job.
    ///
    /// # Errors
    ///
    /// When there is no such row, when the system has not got what it needs, and when any part of the job failed.
    pub(crate) fn run(&self) -> Result<Told> {
        let (job, value) = match self {
            Self::Fetch { row, workers, times, urls } => {
                let all = (0..*times).flat_map(|_| urls.iter().cloned());
                fetch(row, *workers, &all.collect::<Vec<_>>())?
            }
            Self::Crunch { row, workers, chunks, numbers } => {
                crunch(row, *workers, *chunks, *numbers)?
            }
            Self::Hash { row, workers, size, count } => {
                hash(row, *workers, *size, *count)?
            }
            Self::Units { row, count } => (units(row, *count)?, *count as u64),
            Self::Counter { row, threads, increments } => {
                let count = match &row[..] {
                    "mutex" => counter::count_locked,
                    "atomic" => counter::count_atomic,
                    "apart" => counter::count_apart,
                    _ => bail!("there is no row {row}"),
                };
                timed(|| count(*threads, *increments))
            }
            Self::Start { .. } => (Duration::ZERO, 0),
        };
        // At the very end: what the row has held is known now.
        let memory_kib = status("VmHWM").map(|kib| kib as u64);
        Ok(Told { job_ms: job.as_secs_f64() * 1e3, value, memory_kib, gil: None })
    }
}

fn timed<T>(job: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = job();
    (began.elapsed(), done)
}

/// A model of chapter 6, ready for its job.
fn ready(row: &str, workers: usize) -> Result<Ready> {
    let model = Model::from_id(row).with_context(|| format!("there is no row {row}"))?;
    let setting = Setting::here(TIMEOUT, workers);
    model.ready(setting).map_err(|error| anyhow!("{error}"))
}

/// Fetches pages. The value is the number of their bytes.
fn fetch(row: &str, workers: usize, urls: &[Url]) -> Result<(Duration, u64)> {
    raise_descriptor_limit();
    let (job, results) = match row {
        "shared-client" => {
            let client = sequential_fetch::client(TIMEOUT)?;
            timed(|| Ok(sequential_fetch::fetch_all(&client, urls)))
        }
        "client-each" => timed(|| {
            let fetch = |url| {
                let client = sequential_fetch::client(TIMEOUT)?;
                Ok(sequential_fetch::fetch(&client, url))
            };
            urls.iter().map(fetch).collect::<Result<Vec<_>>>()
        }),
        "async-shared-client" => {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            let client = asynchronous::client(TIMEOUT)?;
            timed(|| {
                Ok(runtime.block_on(async {
                    let mut results = Vec::new();
                    for url in urls {
                        results.push(asynchronous::fetch(&client, url).await);
                    }
                    results
                }))
            })
        }
        "async-http2" => {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            let client = many::client_http2(TIMEOUT)?;
            timed(|| Ok(runtime.block_on(many::fetch_all(&client, urls))?))
        }
        model => {
            let ready = ready(model, workers)?;
            timed(|| ready.fetch_all(urls).map_err(|error| anyhow!("{error}")))
        }
    };
    let results = results?;
    ensure!(results.len() == urls.len(), "{} results for {}", results.len(), urls.len());
    let mut bytes = 0;
    for result in results {
        bytes += result.map_err(|error| anyhow!("{}: {error}", error.url))?.bytes;
    }
    Ok((job, bytes))
}

/// Counts primes. The value is their number.
fn crunch(
    row: &str,
    workers: usize,
    chunks: u64,
    numbers: u64,
) -> Result<(Duration, u64)> {
    let ready = ready(row, workers)?;
    let edge = |i| numbers * i / chunks;
    let chunks: Vec<_> = (0..chunks).map(|i| edge(i)..edge(i + 1)).collect();
    let (job, counts) = timed(|| ready.crunch_all(&chunks));
    Ok((job, counts.map_err(|error| anyhow!("{error}"))?.iter().sum()))
}

/// Digests pages. The value stands for all the digests together.
fn hash(row: &str, workers: usize, size: usize, count: usize) -> Result<(Duration, u64)> {
    let mut fillings = (0..251_u8).cycle();
    let n = PARTS * workers;
    let part = |i| {
        let pages = count * (i + 1) / n - count * i / n;
        let fillings = fillings.by_ref().take(pages);
        fillings.map(|byte| ByteBuf::from(vec![byte; size])).collect()
    };
    // Shared, so that no row frees its pages while the clock runs.
    let parts: Arc<Vec<Vec<ByteBuf>>> = Arc::new((0..n).map(part).collect());
    let its = Arc::clone(&parts);
    let (job, sums) = match row {
        "sequential" => timed(|| Ok(parts.iter().map(|part| digest(part)).collect())),
        "pool" => {
            let pool = thread_pool::ThreadPool::new(workers)?;
            timed(|| {
                let sums = pool.map(0..n, move |i| digest(&its[i]));
                sums.into_iter()
                    .collect::<Result<Vec<u64>, _>>()
                    .map_err(anyhow::Error::from)
            })
        }
        "rayon" => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build()?;
            timed(|| {
                Ok(pool.install(|| parts.par_iter().map(|part| digest(part)).collect()))
            })
        }
        "processes" => {
            let pool = ProcessPool::new(workers)?;
            timed(|| {
                let part =
                    move |worker: &mut Worker, i: usize| worker.call(&DIGEST, &its[i]);
                let sums = pool.map(0..n, part);
                sums.into_iter()
                    .collect::<Result<Vec<u64>, _>>()
                    .map_err(anyhow::Error::from)
            })
        }
        _ => bail!("there is no row {row}"),
    };
    let sum = sums?.into_iter().fold(0_u64, u64::wrapping_add);
    Ok((job, sum & TOLD))
}

/// The sum of the first eight bytes of each page's SHA-256.
fn digest(pages: &[ByteBuf]) -> u64 {
    let first = |page: &ByteBuf| {
        let digest: [u8; 32] = Sha256::digest(page).into();
        digest[..8].iter().fold(0_u64, |n, &byte| n << 8 | u64::from(byte))
    };
    pages.iter().map(first).fold(0, u64::wrapping_add)
}

/// Starts units that wait until all have begun, and holds them. Returns how long the start took.
fn units(row: &str, count: usize) -> Result<Duration> {
    match row {
        "thread" => threads(count),
        "task" => tasks(count),
        "process" => idle_processes(count),
        _ => bail!("there is no row {row}"),
    }
}

fn threads(count: usize) -> Result<Duration> {
    let all_there = Barrier::new(count + 1);
    let end = Barrier::new(count + 1);
    thread::scope(|scope| {
        let began = Instant::now();
        for _ in 0..count {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    all_there.wait();
                    end.wait();
                })
                // Those that wait at a barrier would wait for ever: the process ends with its main function.
                .unwrap_or_else(|error| crate::give_up(&format!("a thread: {error}")));
        }
        all_there.wait();
        let job = began.elapsed();
        thread::sleep(HELD);
        end.wait();
        Ok(job)
    })
}

fn tasks(count: usize) -> Result<Duration> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let all_there = Arc::new(tokio::sync::Barrier::new(count + 1));
        let end = Arc::new(Notify::new());
        let mut all = tokio::task::JoinSet::new();
        let began = Instant::now();
        for _ in 0..count {
            let (all_there, end) = (Arc::clone(&all_there), Arc::clone(&end));
            all.spawn(async move {
                let ended = end.notified();
                all_there.wait().await;
                ended.await;
            });
        }
        all_there.wait().await;
        let job = began.elapsed();
        tokio::time::sleep(HELD).await;
        end.notify_waiters();
        all.join_all().await;
        Ok(job)
    })
}

/// This program again and again, each until its standard input closes.
fn idle_processes(count: usize) -> Result<Duration> {
    let program = std::env::current_exe()?;
    let began = Instant::now();
    let mut all = Vec::new();
    for _ in 0..count {
        let mut command = Command::new(&program);
        command.arg("idle").stdin(Stdio::piped()).stdout(Stdio::piped());
        all.push(Idle(command.spawn()?));
    }
    for process in &mut all {
        process.has_begun()?;
    }
    let job = began.elapsed();
    thread::sleep(HELD);
    Ok(job)
}

/// A process that does nothing. It ends when this is dropped, and when this process ends.
struct Idle(Child);

impl Idle {
    fn has_begun(&mut self) -> Result<()> {
        let mut byte = [0];
        let output = self.0.stdout.as_mut().context("no pipe")?;
        std::io::Read::read_exact(output, &mut byte)
            .context("a process did not begin")?;
        black_box(byte);
        Ok(())
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It ends by itself now; an error would say that it is gone already.
        let _ = self.0.wait();
    }
}

/// What an idle process does: says that it is there, and waits for its standard input to close.
///
/// # Errors
///
/// When nobody listens.
pub(crate) fn idle() -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    std::io::Write::write_all(&mut stdout, b"\n")?;
    std::io::Write::flush(&mut stdout)?;
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())?;
    Ok(())
}
