// Wrong: the channel is tokio's, and its answer is waited for as a thread would.
// rejected by three_ask_before_one_is_answered: Cannot block the current thread from within a runtime

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;

/// A number, and where to send its square.
type Question = (u64, oneshot::Sender<u64>);

/// Answers three questions at a time, on a thread of its own, while somebody can ask.
fn squares() -> Sender<Question> {
    let (ask, asked): (_, Receiver<Question>) = channel();
    thread::spawn(move || {
        while let (Ok(one), Ok(two), Ok(three)) =
            (asked.recv(), asked.recv(), asked.recv())
        {
            for (number, answer) in [one, two, three] {
                let _ = answer.send(number * number); // fails if nobody waits any more
            }
        }
    });
    ask
}

/// The square of a number, or none if the thread is gone.
async fn square(thread: &Sender<Question>, number: u64) -> Option<u64> {
    let (answer, answered) = oneshot::channel();
    thread.send((number, answer)).ok()?;
    answered.blocking_recv().ok()
}
