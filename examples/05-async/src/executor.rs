//! An executor from nothing: a queue of tasks, a waker that puts its task back, and a timer.

use std::collections::BTreeMap;
use std::future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

// ANCHOR: executor
/// Polls tasks on the thread that asks for the turns, each when it has been woken.
pub struct Executor {
    spawned: usize,
    queue: Sender<Arc<Task>>,
    ready: Receiver<Arc<Task>>,
}

/// One poll: which task, for which time, and whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The first task spawned is number 1.
    pub task: usize,
    /// How often this task has been polled, this time counted.
    pub polls: usize,
    /// Whether the future returned `Ready`.
    pub done: bool,
}
// ANCHOR_END: executor

// ANCHOR: run
impl Executor {
    /// Puts a future into the queue. Nothing of it runs yet.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawned += 1;
        let (number, polls) = (self.spawned, AtomicUsize::new(0));
        let future = Mutex::new(Some(Box::pin(future) as _));
        let task = Task { number, polls, future, queue: self.queue.clone() };
        // A new task counts as woken. There is a receiver: it is ours.
        let _ = self.queue.send(Arc::new(task));
    }

    /// Polls a task for each turn that is asked for, and sleeps while none is woken.
    ///
    /// Ends when no task is left that anything could wake.
    pub fn turns(self) -> impl Iterator<Item = Turn> {
        // From here on, only who holds a task can put one into the queue.
        drop(self.queue);
        self.ready.into_iter().filter_map(Task::poll)
    }
}
// ANCHOR_END: run

impl Executor {
    /// An executor without tasks.
    pub fn new() -> Self {
        let (queue, ready) = mpsc::channel();
        Self { spawned: 0, queue, ready }
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

// ANCHOR: task
/// A future on the heap, and the queue that it goes back to.
struct Task {
    number: usize,
    polls: AtomicUsize,
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    queue: Sender<Arc<Task>>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let queue = self.queue.clone();
        // Fails if the executor is gone, and then there is nothing to wake for.
        let _ = queue.send(self);
    }
}
// ANCHOR_END: task

// ANCHOR: poll
impl Task {
    fn poll(self: Arc<Self>) -> Option<Turn> {
        let waker = Waker::from(Arc::clone(&self));
        let mut slot = self.future.lock().unwrap_or_else(PoisonError::into_inner);
        // None if it is done already, and was woken once too often.
        let future = slot.as_mut()?;
        let polls = self.polls.fetch_add(1, Relaxed) + 1;
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        if poll.is_ready() {
            // A future that is done must not be polled again.
            *slot = None;
        }
        Some(Turn { task: self.number, polls, done: poll.is_ready() })
    }
}
// ANCHOR_END: poll

/// A thread that wakes tasks when it is time.
#[derive(Debug, Clone)]
pub struct Timer {
    alarms: Sender<(Instant, Waker)>,
}

impl Timer {
    /// Starts the thread. It ends when the last clone of the timer is dropped, and the last wait with it.
    ///
    /// # Errors
    ///
    /// When the operating system has no thread left to give.
    pub fn start() -> io::Result<Self> {
        let (alarms, asked) = mpsc::channel();
        thread::Builder::new().spawn(move || wake_in_time(&asked))?;
        Ok(Self { alarms })
    }
}

// ANCHOR: sleep
impl Timer {
    /// A future that is done `duration` after its first poll.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + use<> {
        let (alarms, mut until) = (self.alarms.clone(), None);
        future::poll_fn(move |context| match until {
            Some(until) if until <= Instant::now() => Poll::Ready(()),
            _ => {
                let at = *until.get_or_insert_with(|| Instant::now() + duration);
                // The timer's thread ends no sooner than its last sender.
                let _ = alarms.send((at, context.waker().clone()));
                Poll::Pending
            }
        })
    }
}
// ANCHOR_END: sleep

// ANCHOR: timer
/// Wakes each at its time: what the timer's one thread does.
fn wake_in_time(asked: &Receiver<(Instant, Waker)>) {
    // By time; the number tells two alarms of one time apart.
    let (mut alarms, mut number) = (BTreeMap::<(Instant, u64), Waker>::new(), 0);
    loop {
        while let Some(first) = alarms.first_entry()
            && first.key().0 <= Instant::now()
        {
            first.remove().wake();
        }
        let alarm = match alarms.first_key_value() {
            Some(((at, _), _)) => {
                asked.recv_timeout(at.saturating_duration_since(Instant::now()))
            }
            None => asked.recv().map_err(RecvTimeoutError::from),
        };
        match alarm {
            Ok((at, waker)) => alarms.insert((at, number), waker),
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        number += 1;
    }
}
// ANCHOR_END: timer

// ANCHOR: badly
/// Waits, and leaves no waker with anybody.
pub async fn leave_no_waker() {
    future::poll_fn(|_| Poll::<()>::Pending).await;
}

/// Waits for a time, and wakes itself at once instead of asking a timer.
pub async fn wake_at_once(until: Instant) {
    let look = |context: &mut Context| {
        if until <= Instant::now() {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    };
    future::poll_fn(look).await;
}
// ANCHOR_END: badly
