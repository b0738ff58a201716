//! One at a time, first come, first served, and no more than so many waiting.

use std::collections::VecDeque;

use tokio::sync::watch;

/// Who has the turn (the first), and who waits for it.
#[derive(Debug)]
pub(super) struct Queue {
    line: watch::Sender<VecDeque<u64>>,
    waiting: usize,
}

/// A place in the queue, given up when dropped.
#[derive(Debug)]
pub(super) struct Place {
    line: watch::Sender<VecDeque<u64>>,
    number: u64,
}

impl Queue {
    pub(super) fn new(waiting: usize) -> Self {
        Self { line: watch::Sender::new(VecDeque::new()), waiting }
    }

    /// The last place, or none where so many wait already. `number` is nobody else's.
    pub(super) fn enter(&self, number: u64) -> Option<Place> {
        let entered = self.line.send_if_modified(|line| {
            let free = line.len() <= self.waiting;
            if free {
                line.push_back(number);
            }
            free
        });
        entered.then(|| Place { line: self.line.clone(), number })
    }
}

impl Place {
    /// Waits for the turn. `tell` is told how many are ahead, at first and whenever that has changed, until nobody is.
    pub(super) async fn turn(&self, mut tell: impl FnMut(usize)) {
        let mut line = self.line.subscribe();
        let mut told = 0;
        loop {
            let ahead =
                line.borrow_and_update().iter().position(|&number| number == self.number);
            // Without a place there would be nobody ahead either, but it is given up in `drop` only.
            let ahead = ahead.unwrap_or(0);
            if ahead == 0 {
                return;
            }
            if ahead != told {
                tell(ahead);
                told = ahead;
            }
            // The sender is in `self`, and so is not gone.
            let _ = line.changed().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.line.send_modify(|line| line.retain(|&number| number != self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[tokio::test]
    async fn first_come_first_served_and_who_leaves_makes_room() {
        let queue = Queue::new(2);
        let mut places: Vec<_> = (0..3).filter_map(|n| queue.enter(n)).collect();
        assert!(queue.enter(3).is_none(), "one has the turn and two wait");
        let told = |place: usize| {
            let mut all = Vec::new();
            let mut turn = Box::pin(places[place].turn(|ahead| all.push(ahead)));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let ready = turn.as_mut().poll(&mut context).is_ready();
            drop(turn);
            (ready, all)
        };
        assert_eq!(told(0), (true, vec![]));
        assert_eq!(told(1), (false, vec![1]));
        assert_eq!(told(2), (false, vec![2]));
        drop(places.remove(1)); // waited
        assert!(queue.enter(4).is_some_and(|place| place.number == 4), "there is room");
        let last = places.remove(1);
        let mut all = Vec::new();
        let turn = last.turn(|ahead| all.push(ahead));
        tokio::join!(turn, async { drop(places) });
        assert_eq!(all, [1]);
    }
}
