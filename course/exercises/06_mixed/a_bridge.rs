// A thread owns what only one thread may use, and answers three questions at a time.
// A task that waits for its answer holds the loop here, so the others never get to ask.
// The page: book/05-async/blocking-in-async.md

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// A number, and where to send its square.
type Question = (u64, Sender<u64>);

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
    // TODO: wait for the answer without holding the thread that polls this.
    let (answer, answered) = channel();
    thread.send((number, answer)).ok()?;
    answered.recv().ok()
}

fn main() {
    let thread = squares();
    let _future = square(&thread, 3); // on its own it asks nothing: the test does
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{asynchronous::block_on, within};
    use tokio::{join, task::yield_now};

    #[test]
    fn three_ask_before_one_is_answered() {
        let squares = within(|| {
            let thread = squares();
            let later = async {
                yield_now().await; // the loop is to run the others meanwhile
                square(&thread, 5).await
            };
            block_on(async { join!(square(&thread, 3), square(&thread, 4), later) })
        });
        let wanted = (Some(9), Some(16), Some(25));
        assert!(squares == wanted, "the squares are {squares:?}, and not {wanted:?}");
    }
}
