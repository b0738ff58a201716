//! A future that stands in the queue of a lock and is not polled, and what becomes of the others.

use std::sync::Arc;
use std::time::Duration;

use asynchronous::futurelock::{add, dropped, hold, kept, task_of_its_own};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

const PATIENCE: Duration = Duration::from_millis(10);
const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn a_future_that_is_kept_and_not_polled_locks_everyone_out() {
    let sum = Arc::new(Mutex::new(0));
    hold(&sum, 2 * PATIENCE).await;
    let began = Instant::now();
    {
        let mut kept = std::pin::pin!(kept(Arc::clone(&sum), PATIENCE));
        assert!(timeout(HOUR, &mut kept).await.is_err());
        assert_eq!(began.elapsed(), HOUR, "nothing else was waiting for the clock");
        // Others are in it too: the lock was given to a future that does not take it.
        let other = tokio::spawn(timeout(HOUR, add(Arc::clone(&sum))));
        assert!(other.await.unwrap().is_err());
        assert!(sum.try_lock().is_err());
    }
    // Dropped, it gives its place away.
    assert_eq!(*sum.try_lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn dropped_or_a_task_of_its_own_it_keeps_nobody_waiting() {
    let sum = Arc::new(Mutex::new(0));
    hold(&sum, 2 * PATIENCE).await;
    assert_eq!(timeout(HOUR, dropped(Arc::clone(&sum), PATIENCE)).await, Ok(1));
    let sum = Arc::new(Mutex::new(0));
    hold(&sum, 2 * PATIENCE).await;
    assert_eq!(timeout(HOUR, task_of_its_own(Arc::clone(&sum), PATIENCE)).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn it_hides_for_as_long_as_the_lock_comes_in_time() {
    let sum = Arc::new(Mutex::new(0));
    hold(&sum, PATIENCE / 2).await;
    assert_eq!(timeout(HOUR, kept(Arc::clone(&sum), PATIENCE)).await, Ok(1));
}
