//! A runtime with several threads: tasks run at once, and go on where there is room.

use std::sync::{Arc, Barrier, Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinError;

use crate::{Client, FetchError, Page, Url, fetch};

/// A place where threads wait for each other, with a limit to their patience.
#[derive(Debug, Default)]
struct Meeting {
    here: Mutex<usize>,
    changed: Condvar,
}

impl Meeting {
    /// Holds the thread until `n` are here, or for `patience`. Returns how many are here.
    ///
    /// Nobody leaves: whoever comes later finds those who gave up still counted.
    fn wait_for(&self, n: usize, patience: Duration) -> usize {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        *here += 1;
        self.changed.notify_all();
        let (here, _) = self
            .changed
            .wait_timeout_while(here, patience, |here| *here < n)
            .unwrap_or_else(PoisonError::into_inner);
        *here
    }
}

// ANCHOR: fetch_each
/// Fetches all pages at once, each in a task of its own, on all threads of the runtime.
///
/// One result for each address, in the order of the addresses. The outer error is a
/// task that panicked.
pub async fn fetch_each(
    client: &Client,
    urls: &[Url],
) -> Vec<Result<Result<Page, FetchError>, JoinError>> {
    let start = |url: &Url| {
        // The task may outlive this call, so it owns what it uses.
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { fetch(&client, &url).await })
    };
    // Collected first: all of them are started before one is waited for.
    let tasks: Vec<_> = urls.iter().map(start).collect();
    join_all(tasks).await
}
// ANCHOR_END: fetch_each

// ANCHOR: meet
/// Spawns two tasks. The first one there holds its thread until the second comes, or
/// for `patience`. Returns whether it came.
///
/// # Errors
///
/// When one of the tasks panicked.
pub async fn meet(patience: Duration) -> Result<bool, JoinError> {
    let meeting = Arc::new(Meeting::default());
    let again = Arc::clone(&meeting);
    let one = tokio::spawn(async move { meeting.wait_for(2, patience) });
    let other = tokio::spawn(async move { again.wait_for(2, patience) });
    // Who finds two at once, and gave nobody up, was not there alone.
    Ok(one.await? == 2 && other.await? == 2)
}
// ANCHOR_END: meet

/// Where the tasks of [`go_on`] meet.
struct Meetings {
    both: Barrier,
    go: Notify,
    done: Barrier,
}

// ANCHOR: go_on
/// The threads that a task was on before and after its await, on a runtime of two
/// workers. When it is woken, another task holds the first of them.
///
/// With one worker, this hangs.
///
/// # Errors
///
/// When the task panicked.
pub async fn go_on() -> Result<[ThreadId; 2], JoinError> {
    let (tell, began_on) = oneshot::channel();
    let meet = Arc::new(Meetings {
        both: Barrier::new(2),
        go: Notify::new(),
        done: Barrier::new(2),
    });
    let task = tokio::spawn(wander(tell, Arc::clone(&meet)));
    if let Ok(before) = began_on.await {
        for meet in [Arc::clone(&meet), meet] {
            tokio::spawn(async move { hold(before, &meet) });
        }
    }
    task.await
}
// ANCHOR_END: go_on

// ANCHOR: wander
async fn wander(tell: oneshot::Sender<ThreadId>, meet: Arc<Meetings>) -> [ThreadId; 2] {
    let before = thread::current().id();
    let _ = tell.send(before);
    meet.go.notified().await;
    let after = thread::current().id();
    meet.done.wait();
    [before, after]
}

/// Two of these hold both workers. The one on the thread `before` goes on holding it.
fn hold(before: ThreadId, meet: &Meetings) {
    meet.both.wait();
    if thread::current().id() == before {
        meet.done.wait();
    } else {
        meet.go.notify_one();
    }
}
// ANCHOR_END: wander
