//! A lock that is held across an await, and tasks that nobody waits for.

use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{self, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ANCHOR: add_held
/// Adds a part that it waits for. Two of these on one thread wait for ever.
#[expect(clippy::await_holding_lock, reason = "the mistake that is shown")]
pub async fn add_held(total: &Mutex<u64>, part: impl Future<Output = u64>) {
    let mut total = lock(total);
    *total += part.await;
}
// ANCHOR_END: add_held

// ANCHOR: add_after
/// Waits for the part first, and locks for the addition alone.
pub async fn add_after(total: &Mutex<u64>, part: impl Future<Output = u64>) {
    let part = part.await;
    *lock(total) += part;
}
// ANCHOR_END: add_after

// ANCHOR: add_in_turn
/// Holds a lock whose waiters give their thread back: one part after the other.
pub async fn add_in_turn(
    total: &tokio::sync::Mutex<u64>,
    part: impl Future<Output = u64>,
) {
    let mut total = total.lock().await;
    *total += part.await;
}
// ANCHOR_END: add_in_turn

// ANCHOR: count_then_wait
/// Counts that the part is asked for, and then waits for it.
pub async fn count_then_wait(asked: &Mutex<u64>, part: impl Future<Output = u64>) -> u64 {
    {
        let mut asked = lock(asked);
        *asked += 1;
    } // the guard is dropped here
    part.await
}
// ANCHOR_END: count_then_wait

// ANCHOR: ends_within
/// Runs a future on a thread of its own, and waits for its end no longer than `deadline`.
///
/// `None` if it was not done by then: the thread is left to itself.
///
/// # Panics
///
/// When the operating system has no thread left to give.
pub fn ends_within<F: Future<Output: Send + 'static>>(
    deadline: Duration,
    job: impl FnOnce() -> F + Send + 'static,
) -> Option<F::Output> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_time().build();
        // Nobody listens any more if it comes too late.
        runtime.map(|runtime| tell.send(runtime.block_on(job())))
    });
    told.recv_timeout(deadline).ok()
}
// ANCHOR_END: ends_within

/// What is told of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was polled for the first time.
    Began,
    /// It ran to its end.
    Finished,
    /// It panicked.
    Panicked,
    /// It was dropped at an await.
    Dropped,
}

/// Tells, when it is dropped, how the task ended that it is part of.
struct Witness {
    tell: UnboundedSender<Event>,
    end: Event,
}

impl Drop for Witness {
    fn drop(&mut self) {
        let end = if thread::panicking() { Event::Panicked } else { self.end };
        let _ = self.tell.send(end);
    }
}

// ANCHOR: job
/// Tells that it has begun, does the work, and tells how it ended.
async fn job(tell: UnboundedSender<Event>, work: impl Future) {
    let _ = tell.send(Event::Began);
    // Whatever becomes of this task, the witness is dropped and says so.
    let mut witness = Witness { tell, end: Event::Dropped };
    work.await;
    witness.end = Event::Finished;
}
// ANCHOR_END: job

// ANCHOR: forget
/// Drops the handle of a task that waits, then lets it go on. Returns how it ended.
pub async fn forget() -> Option<Event> {
    let (tell, mut told) = unbounded_channel();
    let (go, wait) = oneshot::channel::<()>();
    drop(tokio::spawn(job(tell, wait)));
    told.recv().await;
    drop(go);
    told.recv().await
}
// ANCHOR_END: forget

// ANCHOR: forget_and_leave
/// Drops the handle of a task that waits, and then the runtime. Returns how it ended.
pub fn forget_and_leave(runtime: Runtime) -> Option<Event> {
    let (tell, mut told) = unbounded_channel();
    let (go, wait) = oneshot::channel::<()>();
    runtime.block_on(async {
        drop(tokio::spawn(job(tell, wait)));
        told.recv().await
    });
    drop(runtime);
    let end = told.blocking_recv();
    drop(go);
    end
}
// ANCHOR_END: forget_and_leave

/// Drops the handle of a task that panics. Returns how it ended.
#[expect(clippy::missing_panics_doc, reason = "its task panics, and this does not")]
pub async fn forget_a_panic() -> Option<Event> {
    let (tell, mut told) = unbounded_channel();
    drop(tokio::spawn(job(tell, async { panic!("nobody will ask") })));
    told.recv().await;
    told.recv().await
}

/// Drops a [`JoinSet`] with a task that waits. Returns how it ended.
pub async fn drop_the_set() -> Option<Event> {
    let (tell, mut told) = unbounded_channel();
    let (go, wait) = oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    tasks.spawn(job(tell, wait));
    told.recv().await;
    drop(tasks);
    let end = told.recv().await;
    drop(go);
    end
}
