//! A future that has its place in a queue, and that nobody polls any more.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::sync::Mutex;
use tokio::time::sleep;

// ANCHOR: add
/// Adds one, and returns the sum.
pub async fn add(sum: Arc<Mutex<u32>>) -> u32 {
    let mut sum = sum.lock().await;
    *sum += 1;
    *sum
}
// ANCHOR_END: add

// ANCHOR: kept
/// Adds one; if that takes longer than `patience`, adds one more. **It can hang.**
pub async fn kept(sum: Arc<Mutex<u32>>, patience: Duration) -> u32 {
    let mut first = pin!(add(Arc::clone(&sum)));
    select! {
        sum = &mut first => sum,
        // Nobody polls `first` in here, and it stands in the queue before this one.
        () = sleep(patience) => add(sum).await,
    }
}
// ANCHOR_END: kept

// ANCHOR: dropped
/// The same, but `select!` owns the first future, and drops it before the branch runs.
pub async fn dropped(sum: Arc<Mutex<u32>>, patience: Duration) -> u32 {
    select! {
        sum = add(Arc::clone(&sum)) => sum,
        () = sleep(patience) => add(sum).await,
    }
}
// ANCHOR_END: dropped

// ANCHOR: task_of_its_own
/// The same, but the first future is a task: the runtime polls it, whoever waits for it.
pub async fn task_of_its_own(sum: Arc<Mutex<u32>>, patience: Duration) -> u32 {
    let mut first = tokio::spawn(add(Arc::clone(&sum)));
    select! {
        Ok(sum) = &mut first => sum,
        () = sleep(patience) => add(sum).await,
    }
}
// ANCHOR_END: task_of_its_own

/// Holds the lock for `holding`, beginning at once, in a task of its own.
pub async fn hold(sum: &Arc<Mutex<u32>>, holding: Duration) {
    let held = Arc::clone(sum).lock_owned().await;
    tokio::spawn(async move {
        sleep(holding).await;
        drop(held);
    });
}
