//! The same failures in every model: what each returns, and what it loses.
//!
//! [`fetch_all`] does one job for each site in one of the five models of the book. The job may panic, a lock may be poisoned, and
//! a worker process may be killed: with [`Care::Guarded`] that is the error of one site. A Ctrl-C may come: what has arrived is
//! kept, and the other sites have no result. With [`Care::Plain`] it is what comes of the shortest form of the model.

use std::collections::HashMap;
use std::future::{Future as _, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, select, unbounded};
use futures_util::future::join_all;
use processes::{ProcessPool, Serve, Task, Worker, make_clients};
use sequential_fetch::{Client, FetchError, FetchErrorKind, Page, Url, fetch};
use serde::{Deserialize, Serialize};
use thread_pool::{JobPanicked, ThreadPool};
use threads_and_locks::{or_lost, panic_message};
use tokio::runtime;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

/// The five models, in the order of their chapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// One after another (chapter 1).
    Sequential,
    /// A thread for each (chapter 2).
    Threads,
    /// A fixed number of threads (chapter 3).
    Pool,
    /// A fixed number of processes (chapter 4).
    Processes,
    /// A task for each, on one thread (chapter 5).
    Async,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Sequential, Self::Threads, Self::Pool, Self::Processes, Self::Async];

    /// How it is written in a command line and in a table.
    pub fn id(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Threads => "threads",
            Self::Pool => "pool",
            Self::Processes => "processes",
            Self::Async => "async",
        }
    }
}

/// Whether a panic is kept to its job, and a poisoned lock looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Care {
    /// The shortest form of the model, as its chapter begins with it.
    Plain,
    /// Every failure is the error of one site.
    Guarded,
}

/// What goes wrong in a job besides the fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Nothing.
    None,
    /// It panics with the page in its hands.
    Panic,
    /// It panics with the lock in its hands, too.
    PanicWithLock,
}

/// What a job that is to panic says.
pub const ON_PURPOSE: &str = "on purpose";

/// A site, and what is wrong with its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The address to fetch.
    pub url: Url,
    /// What goes wrong once the page is there.
    pub fault: Fault,
}

/// What is to be done, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// In which model.
    pub model: Model,
    /// With how much care.
    pub care: Care,
    /// How many at once, for the two pools; at least 1.
    pub workers: usize,
    /// How long a fetch may take.
    pub timeout: Duration,
    /// What is fetched.
    pub sites: Vec<Site>,
}

/// What is told while the jobs are done; a site is known by its position.
#[derive(Debug)]
pub enum News {
    /// A job has begun, in this process where the model has several.
    Begun {
        /// Whose.
        site: usize,
        /// Who does it.
        process: Option<u32>,
    },
    /// A job has ended.
    Ended {
        /// Whose.
        site: usize,
        /// As what.
        result: Result<Page, FetchError>,
    },
}

/// What is known when all jobs have ended, or when Ctrl-C came.
#[derive(Debug)]
pub struct Outcome {
    /// One for each site, in their order; `None` where there is no result.
    pub results: Vec<Option<Result<Page, FetchError>>>,
    /// Which jobs have begun.
    pub begun: Vec<bool>,
    /// Whether there was a Ctrl-C.
    pub interrupted: bool,
    rest: JoinHandle<io::Result<()>>,
}

impl Outcome {
    /// Waits for the jobs that could not be stopped: each for its page or its timeout.
    ///
    /// # Errors
    ///
    /// When the model could not begin, for want of a thread or a process, or has panicked.
    pub fn wait(self) -> Result<(), String> {
        match self.rest.join() {
            Ok(ended) => ended.map_err(|error| error.to_string()),
            Err(panic) => Err(format!("panicked: {}", panic_message(&*panic))),
        }
    }
}

// ANCHOR: add
/// Adds a page to what all pages come to. With a fault it panics, before or after it has
/// taken the lock.
fn add(
    total: &Mutex<u64>,
    page: Page,
    fault: Fault,
    care: Care,
) -> Result<Page, FetchError> {
    assert!(fault != Fault::Panic, "{ON_PURPOSE}");
    let mut total = match (total.lock(), care) {
        (Ok(total), _) => total,
        // An addition is done, or not begun: whoever panicked, the total is whole.
        (Err(poisoned), Care::Guarded) => poisoned.into_inner(),
        (Err(poisoned), Care::Plain) => {
            let kind = FetchErrorKind::Lost(poisoned.to_string());
            return Err(FetchError { url: page.url, elapsed: page.elapsed, kind });
        }
    };
    assert!(fault != Fault::PanicWithLock, "{ON_PURPOSE}");
    *total += page.bytes;
    Ok(page)
}
// ANCHOR_END: add

/// What a worker of this chapter can do: fetch, as in chapter 4, and then [`add`].
pub const TASKS: [&dyn Serve; 4] =
    [processes::TASKS[0], processes::TASKS[1], processes::TASKS[2], &ADD];

/// In a worker the lock is the worker's own, and so is what it guards.
const ADD: Task<(Page, Fault, Care), Result<Page, FetchError>> =
    Task::new("add", |(page, fault, care)| {
        static TOTAL: Mutex<u64> = Mutex::new(0);
        add(&TOTAL, page, fault, care)
    });

/// What the jobs of one run share.
#[derive(Debug)]
struct Job {
    plan: Plan,
    total: Arc<Mutex<u64>>,
    tell: Sender<News>,
    /// True once nothing more is to begin.
    stop: watch::Receiver<bool>,
}

impl Job {
    fn sites(&self) -> impl Iterator<Item = (usize, &Site)> {
        self.plan.sites.iter().enumerate()
    }

    fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    fn begun(&self, site: usize, process: Option<u32>) {
        // Nobody listens after a Ctrl-C.
        let _ = self.tell.send(News::Begun { site, process });
    }

    fn ended(&self, site: usize, result: Result<Page, FetchError>) {
        let _ = self.tell.send(News::Ended { site, result });
    }

    fn lost(&self, site: usize, began: Instant, why: String) {
        let (url, elapsed) = (self.plan.sites[site].url.clone(), began.elapsed());
        let kind = FetchErrorKind::Lost(why);
        self.ended(site, Err(FetchError { url, elapsed, kind }));
    }

    fn client(&self) -> io::Result<Client> {
        sequential_fetch::client(self.plan.timeout).map_err(io::Error::other)
    }

    // ANCHOR: visit
    /// The job: fetch a page, and add it.
    fn visit(&self, client: &Client, site: &Site) -> Result<Page, FetchError> {
        let page = fetch(client, &site.url)?;
        add(&self.total, page, site.fault, self.plan.care)
    }
    // ANCHOR_END: visit

    async fn visit_async(
        &self,
        client: &asynchronous::Client,
        site: &Site,
    ) -> Result<Page, FetchError> {
        let page = asynchronous::fetch(client, &site.url).await?;
        add(&self.total, page, site.fault, self.plan.care)
    }

    fn visit_in(
        &self,
        worker: &mut Worker,
        site: &Site,
    ) -> Result<Result<Page, FetchError>, processes::JobLost> {
        match processes::fetch(worker, &site.url, self.plan.timeout) {
            Ok(page) => worker.call(&ADD, &(page, site.fault, self.plan.care)),
            failed => Ok(failed),
        }
    }

    // ANCHOR: caught
    /// Does the job of one site, and catches its panic.
    fn caught(&self, client: &Client, site: &Site) -> Result<Page, FetchError> {
        let began = Instant::now();
        // Else it goes on: in a loop, past the pages that are there; on a thread, to
        // whoever joins it, and that may be late.
        let job = AssertUnwindSafe(|| self.visit(client, site));
        or_lost(catch_unwind(job), &site.url, began)
    }
    // ANCHOR_END: caught

    // ANCHOR: one_after_another
    fn one_after_another(&self, client: &Client) {
        for (n, site) in self.sites() {
            if self.stopped() {
                break;
            }
            self.begun(n, None);
            self.ended(n, self.caught(client, site));
        }
    }
    // ANCHOR_END: one_after_another

    // ANCHOR: a_thread_each
    fn a_thread_each(&self, client: &Client) -> io::Result<()> {
        thread::scope(|scope| {
            for (n, site) in self.sites() {
                let job = move || {
                    self.begun(n, None);
                    self.ended(n, self.caught(client, site));
                };
                thread::Builder::new().spawn_scoped(scope, job)?;
            }
            Ok(())
        })
    }
    // ANCHOR_END: a_thread_each

    // ANCHOR: a_pool
    fn a_pool(self: &Arc<Self>, client: Client) -> io::Result<()> {
        let (pool, began) = (ThreadPool::new(self.plan.workers)?, Instant::now());
        let job = Arc::clone(self);
        let visit = move |n| {
            // What is queued cannot be taken back. It can end at once.
            (!job.stopped()).then(|| {
                job.begun(n, None);
                job.visit(&client, &job.plan.sites[n])
            })
        };
        for (n, result) in pool.as_completed(0..self.plan.sites.len(), visit) {
            match result {
                Ok(Some(result)) => self.ended(n, result),
                Ok(None) => {}
                // The pool has caught it, and its worker has gone on.
                Err(JobPanicked(message)) => self.lost(n, began, message),
            }
        }
        Ok(())
    }
    // ANCHOR_END: a_pool

    // ANCHOR: processes
    fn processes(self: &Arc<Self>) -> io::Result<()> {
        let pool = ProcessPool::new(self.plan.workers)?;
        make_clients(&pool, self.plan.timeout).map_err(io::Error::other)?;
        let (job, began) = (Arc::clone(self), Instant::now());
        let visit = move |worker: &mut Worker, n: usize| {
            if job.stopped() {
                return Ok(None);
            }
            job.begun(n, present(worker));
            job.visit_in(worker, &job.plan.sites[n]).map(Some)
        };
        for (n, result) in pool.as_completed(0..self.plan.sites.len(), visit) {
            match result {
                Ok(Some(result)) => self.ended(n, result),
                Ok(None) => {}
                Err(lost) => self.lost(n, began, lost.to_string()),
            }
        }
        Ok(())
    }
    // ANCHOR_END: processes

    // ANCHOR: a_task_each
    async fn a_task_each(self: Arc<Self>, client: asynchronous::Client) {
        let (mut tasks, mut whose) = (JoinSet::new(), HashMap::new());
        let (mut stop, began) = (self.stop.clone(), Instant::now());
        for n in 0..self.plan.sites.len() {
            self.begun(n, None);
            let (job, client) = (Arc::clone(&self), client.clone());
            let visit = async move { job.visit_async(&client, &job.plan.sites[n]).await };
            whose.insert(tasks.spawn(visit).id(), n);
        }
        // ANCHOR: tasks_end
        loop {
            let ended = tokio::select! {
                ended = tasks.join_next_with_id() => ended,
                // The tasks are dropped with their set, and hang up.
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match ended {
                Some(Ok((id, result))) => self.ended(whose[&id], result),
                Some(Err(error)) => self.lost(whose[&error.id()], began, why(error)),
                None => break,
            }
        }
        // ANCHOR_END: tasks_end
    }
    // ANCHOR_END: a_task_each
}

/// The process of a worker, which is started again if it was lost with an earlier job.
fn present(worker: &mut Worker) -> Option<u32> {
    if worker.id().is_none()
        && let Ok(new) = Worker::start()
    {
        *worker = new;
    }
    worker.id()
}

/// Why a task has no result.
fn why(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => panic_message(&*panic),
        Err(error) => error.to_string(),
    }
}

/// The models in their shortest form: results come when all are there.
impl Job {
    // ANCHOR: plain
    fn one_after_another_plain(&self, client: &Client) {
        let results: Vec<_> =
            self.sites().map(|(n, site)| self.plain(client, n, site)).collect();
        self.all_ended(results);
    }

    fn a_thread_each_plain(&self, client: &Client) {
        let began = Instant::now();
        let results: Vec<_> = thread::scope(|scope| {
            let spawn = |(n, site)| scope.spawn(move || self.plain(client, n, site));
            let handles: Vec<_> = self.sites().map(spawn).collect();
            let join = |((_, site), handle): ((usize, &Site), _)| {
                or_lost(thread::ScopedJoinHandle::join(handle), &site.url, began)
            };
            self.sites().zip(handles).map(join).collect()
        });
        self.all_ended(results);
    }

    async fn futures_plain(&self, client: &asynchronous::Client) {
        let visits = self.sites().map(async |(n, site)| {
            self.begun(n, None);
            self.visit_async(client, site).await
        });
        self.all_ended(join_all(visits).await);
    }
    // ANCHOR_END: plain

    fn plain(&self, client: &Client, n: usize, site: &Site) -> Result<Page, FetchError> {
        self.begun(n, None);
        self.visit(client, site)
    }

    fn all_ended(&self, results: Vec<Result<Page, FetchError>>) {
        for (n, result) in results.into_iter().enumerate() {
            self.ended(n, result);
        }
    }
}

fn run(job: Job) -> io::Result<()> {
    let job = Arc::new(job);
    let plain = job.plan.care == Care::Plain;
    match job.plan.model {
        Model::Sequential if plain => job.one_after_another_plain(&job.client()?),
        Model::Sequential => job.one_after_another(&job.client()?),
        Model::Threads if plain => job.a_thread_each_plain(&job.client()?),
        Model::Threads => job.a_thread_each(&job.client()?)?,
        // Both pools catch what panics, and know whose job it was.
        Model::Pool => job.a_pool(job.client()?)?,
        Model::Processes => job.processes()?,
        Model::Async => {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            let client =
                asynchronous::client(job.plan.timeout).map_err(io::Error::other)?;
            if plain {
                runtime.block_on(job.futures_plain(&client));
            } else {
                runtime.block_on(job.a_task_each(client));
            }
        }
    }
    Ok(())
}

/// Does the job of every site, tells of each, and returns when all have ended or `stop`
/// says so.
///
/// What has arrived is kept. A job that blocks goes on after a stop: see
/// [`Outcome::wait`]. `stop` is [`crossbeam_channel::never`] where nobody stops it. For
/// processes, `work_if_asked(&TASKS)` has to be the first thing in `main`.
///
/// # Errors
///
/// When the operating system has no thread to give.
// ANCHOR: fetch_all
pub fn fetch_all(
    plan: Plan,
    total: &Arc<Mutex<u64>>,
    stop: &Receiver<()>,
    mut watch: impl FnMut(&News),
) -> io::Result<Outcome> {
    let n = plan.sites.len();
    let (tell, news) = unbounded();
    let (stopping, stopped) = watch::channel(false);
    let job = Job { plan, total: Arc::clone(total), tell, stop: stopped };
    let rest = thread::Builder::new().name("model".to_owned()).spawn(|| run(job))?;
    let results = (0..n).map(|_| None).collect();
    let mut known = Outcome { results, begun: vec![false; n], interrupted: false, rest };
    // ANCHOR: keep
    loop {
        select! {
            // The end of the news is the end of the last job.
            recv(news) -> next => match next {
                Ok(next) => known.keep(next, &mut watch),
                Err(_) => break,
            },
            recv(stop) -> _ => {
                known.interrupted = true;
                stopping.send_replace(true);
                news.try_iter().for_each(|next| known.keep(next, &mut watch));
                break;
            }
        }
    }
    // ANCHOR_END: keep
    Ok(known)
}
// ANCHOR_END: fetch_all

impl Outcome {
    fn keep(&mut self, next: News, watch: &mut impl FnMut(&News)) {
        watch(&next);
        match next {
            News::Begun { site, .. } => self.begun[site] = true,
            News::Ended { site, result } => self.results[site] = Some(result),
        }
    }
}

/// Makes Ctrl-C an event, from when this returns: it comes out of the channel once.
///
/// # Errors
///
/// When the system does not let us listen, or has no thread to give.
// ANCHOR: interrupts
pub fn interrupts() -> io::Result<Receiver<()>> {
    let (tell, told) = bounded(1);
    let (ready, listens) = bounded(1);
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("ctrl-c".to_owned()).spawn(move || {
        runtime.block_on(async {
            let mut ctrl_c = pin!(tokio::signal::ctrl_c());
            // It listens once it has been polled.
            let first = poll_fn(|context| Poll::Ready(ctrl_c.as_mut().poll(context)));
            let failed = match first.await {
                Poll::Pending => None,
                Poll::Ready(ended) => ended.err(),
            };
            let listens = failed.is_none();
            let _ = ready.send(failed);
            if listens && ctrl_c.await.is_ok() {
                let _ = tell.send(());
            }
            // The channel stays open: its end would be taken for an event.
            std::future::pending::<()>().await;
        });
    })?;
    match listens.recv() {
        Ok(None) => Ok(told),
        Ok(Some(error)) => Err(error),
        Err(_) => Err(io::Error::other("the listener for Ctrl-C has ended")),
    }
}
// ANCHOR_END: interrupts
