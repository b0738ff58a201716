//! A future that is made does nothing. It takes a step when it is polled, and a spawned one when its runtime polls it.

use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use clap::Parser;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// Counts the steps of a future: polled by hand, and spawned on a runtime.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

// ANCHOR: ask
/// Takes one step, waits for the answer, and takes another.
async fn ask(steps: Arc<AtomicUsize>, answer: oneshot::Receiver<u32>) -> Option<u32> {
    steps.fetch_add(1, Relaxed);
    let answer = answer.await.ok();
    steps.fetch_add(1, Relaxed);
    answer
}
// ANCHOR_END: ask

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        by_hand(screen)?;
        // One thread, which is ours: a spawned task runs only while we wait.
        runtime::Builder::new_current_thread().build()?.block_on(spawned(screen))
    })
}

// ANCHOR: by_hand
fn by_hand(screen: &Screen) -> Result<(), Box<dyn std::error::Error>> {
    let steps = Arc::new(AtomicUsize::new(0));
    let tell =
        |event| screen.line(&format!("  {event:<30} steps: {}", steps.load(Relaxed)));
    let (send, answer) = oneshot::channel();

    screen.line("a future, polled by hand")?;
    let mut future = pin!(ask(Arc::clone(&steps), answer));
    tell("called")?;
    tell(poll(future.as_mut()))?;
    tell(poll(future.as_mut()))?;
    let _ = send.send(42);
    tell("the answer is sent")?;
    tell(poll(future))?;
    Ok(())
}

/// Polls once, with a waker that does nothing: we ask again when we like.
fn poll(future: Pin<&mut impl Future<Output = Option<u32>>>) -> &'static str {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => "polled: Pending",
        Poll::Ready(_) => "polled: Ready",
    }
}
// ANCHOR_END: by_hand

// ANCHOR: spawned
async fn spawned(screen: &Screen) -> Result<(), Box<dyn std::error::Error>> {
    let steps = Arc::new(AtomicUsize::new(0));
    let tell =
        |event| screen.line(&format!("  {event:<30} steps: {}", steps.load(Relaxed)));
    let (send, answer) = oneshot::channel();

    screen.line("a task, on a runtime of one thread")?;
    let task = tokio::spawn(ask(Arc::clone(&steps), answer));
    tell("spawned")?;
    yield_now().await;
    tell("we have waited for one turn")?;
    let _ = send.send(42);
    tell("the answer is sent")?;
    task.await?;
    tell("we have waited for the task")?;
    Ok(())
}
// ANCHOR_END: spawned
