//! A channel between a fast producer and a slow consumer.

use tokio::join;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;

/// What became of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How many were in the channel when the producer first had to wait, or was done.
    pub ahead: usize,
    /// How many the consumer has received in the end.
    pub received: usize,
}

// ANCHOR: produce
/// Sends the messages, and tells `held_up` when it first has to wait, or is done.
async fn produce(tx: mpsc::Sender<u64>, messages: u64, held_up: oneshot::Sender<()>) {
    let mut held_up = Some(held_up);
    for message in 0..messages {
        // `tx.send(message).await` would do. This is to see when it waits.
        if let Err(TrySendError::Full(message)) = tx.try_send(message) {
            held_up.take().map(|tell| tell.send(()));
            // An error would mean that there is no consumer any more.
            if tx.send(message).await.is_err() {
                return;
            }
        }
    }
} // `tx` is dropped here: the channel closes. So is `held_up`, if nobody was told.
// ANCHOR_END: produce

// ANCHOR: consume
/// Receives to the end, and begins at the latest moment: when the producer stands still.
async fn consume(mut rx: mpsc::Receiver<u64>, held_up: oneshot::Receiver<()>) -> Run {
    // An Err says that the sender is gone: the producer was never held up.
    let _ = held_up.await;
    let ahead = rx.len();
    let mut received = 0;
    while rx.recv().await.is_some() {
        received += 1;
    }
    Run { ahead, received }
}
// ANCHOR_END: consume

// ANCHOR: bounded
/// Hands the messages over through a channel that holds `capacity` of them.
///
/// # Panics
///
/// When the capacity is 0: tokio has no such channel.
pub async fn bounded(capacity: usize, messages: u64) -> Run {
    let (tx, rx) = mpsc::channel(capacity);
    let (tell, held_up) = oneshot::channel();
    let ((), run) = join!(produce(tx, messages, tell), consume(rx, held_up));
    run
}
// ANCHOR_END: bounded

// ANCHOR: unbounded
/// The same through a channel without a bound. `send` does not wait, so it is no future.
pub async fn unbounded(messages: u64) -> Run {
    let (tx, mut rx) = mpsc::unbounded_channel();
    for message in 0..messages {
        let _ = tx.send(message); // the receiver is there
    }
    drop(tx);
    let ahead = rx.len();
    let mut received = 0;
    while rx.recv().await.is_some() {
        received += 1;
    }
    Run { ahead, received }
}
// ANCHOR_END: unbounded
