//! Every model of the book on the same two jobs.

use std::error::Error;
use std::io;
use std::ops::Range;
use std::thread::available_parallelism;
use std::time::Duration;

use asynchronous::bounded;
use asynchronous::many::{client_that_keeps_nothing, fetch_all as fetch_in_tasks};
use processes::{ProcessPool, make_clients};
use rayon::ThreadPoolBuilder;
use thread_pool::{ThreadPool, waiting};
use tokio::runtime::{self, Runtime};

use crate::{FetchError, FetchErrorKind, Page, Url};

/// A way to do many things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// One after another (chapter 1).
    Sequential,
    /// A thread for each (chapter 2).
    Threads,
    /// A fixed number of threads (chapter 3).
    Pool,
    /// rayon, whose threads are as many as the cores (chapter 3).
    Rayon,
    /// A fixed number of processes (chapter 4).
    Processes,
    /// A task for each, all on one thread (chapter 5).
    OneThread,
    /// A task for each, on a thread for each core (chapter 5).
    AllCores,
    /// Futures on one thread, a limited number at once (chapter 5).
    Bounded,
}

/// What a model may need to know beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// How long one fetch may take.
    pub timeout: Duration,
    /// How many at once, for the models that have a limit.
    pub workers: usize,
    /// How many threads, for the models that have one for each core; at least one.
    pub cores: usize,
}

impl Setting {
    /// With as many cores as this machine has for us.
    pub fn here(timeout: Duration, workers: usize) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self { timeout, workers, cores }
    }
}

impl Model {
    /// All of them, in the order of the chapters.
    pub const ALL: [Self; 8] = [
        Self::Sequential,
        Self::Threads,
        Self::Pool,
        Self::Rayon,
        Self::Processes,
        Self::OneThread,
        Self::AllCores,
        Self::Bounded,
    ];

    /// Those whose job can be work as well as waiting. The others wait, and have rayon work.
    pub const WORKING: [Self; 5] =
        [Self::Sequential, Self::Threads, Self::Pool, Self::Rayon, Self::Processes];

    /// How it is written in a command line and in the recorded figures.
    pub fn id(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Threads => "threads",
            Self::Pool => "pool",
            Self::Rayon => "rayon",
            Self::Processes => "processes",
            Self::OneThread => "async-one-thread",
            Self::AllCores => "async-all-cores",
            Self::Bounded => "async-bounded",
        }
    }

    /// The model whose [`id`](Self::id) that is.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.id() == id)
    }

    /// What it is called in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sequential => "one after another",
            Self::Threads => "a thread each",
            Self::Pool => "a pool of threads",
            Self::Rayon => "rayon",
            Self::Processes => "a pool of processes",
            Self::OneThread => "async on one thread",
            Self::AllCores => "async on all cores",
            Self::Bounded => "async, bounded",
        }
    }

    /// Makes what the model needs before the first job: threads, processes, a client.
    ///
    /// For processes, [`work_if_asked`](processes::work_if_asked) has to be the first thing in `main`.
    ///
    /// # Errors
    ///
    /// When the system has not got it to give, and without workers for a model that has a limit.
    ///
    /// # Panics
    ///
    /// Inside a runtime of tokio. Making one there, and dropping it, is what async code must not do.
    pub fn ready(self, setting: Setting) -> Result<Ready, Box<dyn Error>> {
        let Setting { timeout, workers, cores } = setting;
        let client = || sequential_fetch::client(timeout);
        Ok(match self {
            Self::Sequential => Ready::Sequential(client()?),
            Self::Threads => Ready::Threads(client()?),
            Self::Pool => Ready::Pool(ThreadPool::new(workers)?, client()?),
            Self::Rayon => Ready::Rayon(one_for_each(cores)?, client()?),
            Self::Processes => {
                let pool = ProcessPool::new(workers)?;
                make_clients(&pool, timeout)?;
                Ready::Processes(pool, timeout)
            }
            Self::OneThread => Ready::Tasks(one_thread()?, many_client(timeout)?),
            Self::AllCores => Ready::Tasks(all_cores(cores)?, many_client(timeout)?),
            Self::Bounded if workers == 0 => {
                return Err("with a limit of 0 nothing would ever begin".into());
            }
            Self::Bounded => {
                Ready::Bounded(one_thread()?, asynchronous::client(timeout)?, workers)
            }
        })
    }
}

/// rayon with a thread for each core.
fn one_for_each(cores: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(cores.max(1)).build()
}

/// tokio with a thread for each core.
fn all_cores(cores: usize) -> io::Result<Runtime> {
    runtime::Builder::new_multi_thread().worker_threads(cores.max(1)).enable_all().build()
}

fn one_thread() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}

fn many_client(timeout: Duration) -> Result<asynchronous::Client, FetchErrorKind> {
    Ok(client_that_keeps_nothing(timeout)?)
}

/// A model with all that it needs.
#[derive(Debug)]
#[expect(missing_docs, reason = "they are those of `Model`")]
pub enum Ready {
    Sequential(sequential_fetch::Client),
    Threads(sequential_fetch::Client),
    Pool(ThreadPool, sequential_fetch::Client),
    Rayon(rayon::ThreadPool, sequential_fetch::Client),
    Processes(ProcessPool, Duration),
    Tasks(Runtime, asynchronous::Client),
    Bounded(Runtime, asynchronous::Client, usize),
}

impl Ready {
    // ANCHOR: fetch_all
    /// Fetches all pages.
    ///
    /// One result for each address, in the order of the addresses. The outer error is a
    /// task that panicked. Panics inside a runtime of tokio.
    pub fn fetch_all(
        &self,
        urls: &[Url],
    ) -> Result<Vec<Result<Page, FetchError>>, Box<dyn Error>> {
        Ok(match self {
            Self::Sequential(client) => sequential_fetch::fetch_all(client, urls),
            Self::Threads(client) => threads_and_locks::fetch_all(client, urls),
            Self::Pool(pool, client) => thread_pool::fetch_all(pool, client, urls),
            Self::Rayon(pool, client) => {
                pool.install(|| waiting::fetch_all(client, urls))
            }
            Self::Processes(pool, timeout) => processes::fetch_all(pool, *timeout, urls),
            Self::Tasks(runtime, client) => {
                runtime.block_on(fetch_in_tasks(client, urls))?
            }
            Self::Bounded(runtime, client, n) => {
                runtime.block_on(bounded::fetch_all(client, urls, *n))
            }
        })
    }
    // ANCHOR_END: fetch_all

    // ANCHOR: crunch_all
    /// Counts the primes in each chunk.
    ///
    /// One count for each chunk, in the order of the chunks. A panic takes all of them.
    ///
    /// # Errors
    ///
    /// When a worker was lost.
    pub fn crunch_all(&self, chunks: &[Range<u64>]) -> Result<Vec<u64>, Box<dyn Error>> {
        Ok(match self {
            Self::Sequential(_) => sequential_fetch::crunch_all(chunks),
            Self::Threads(_) => threads_and_locks::crunch_all(chunks),
            Self::Pool(pool, _) => {
                let counts = pool.map(chunks.to_vec(), sequential_fetch::crunch);
                counts.into_iter().collect::<Result<_, _>>()?
            }
            Self::Rayon(pool, _) => pool.install(|| thread_pool::crunch_all(chunks)),
            Self::Processes(pool, _) => processes::crunch_all(pool, chunks)?,
            // The work is rayon's; the runtime waits for it.
            Self::Tasks(runtime, _) | Self::Bounded(runtime, ..) => {
                runtime.block_on(asynchronous::crunch_all(chunks))
            }
        })
    }
    // ANCHOR_END: crunch_all
}
