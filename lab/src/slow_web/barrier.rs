//! No answer before so many requests wait together: what makes "concurrent" something a test can prove.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::timeout};

pub(super) struct Barrier {
    size: usize,
    deadline: Duration,
    group: Mutex<Group>,
}

/// The requests that wait now. A group is closed once, and the next one takes its place at once.
struct Group {
    number: u64,
    waiting: usize,
    since: Instant, // the first arrival; without meaning while nobody waits
    closed: watch::Sender<Option<usize>>, // how many waited when it was closed
    refused: Option<(usize, Instant)>, // the last group that was: how many had come, and when
}

impl Barrier {
    pub(super) fn new(size: usize, deadline: Duration) -> Self {
        let group = Group {
            number: 0,
            waiting: 0,
            since: Instant::now(),
            closed: watch::Sender::new(None),
            refused: None,
        };
        Barrier { size, deadline, group: Mutex::new(group) }
    }

    /// Waits until the group is complete. The error is the sentence for a client whose group did not come together.
    pub(super) async fn pass(&self) -> Result<(), String> {
        // Told once what is amiss, whoever asks one after another is not kept waiting again and again.
        if let Some(arrived) = self.lock().lately_refused(self.deadline) {
            return Err(self.refusal(arrived));
        }
        let (member, since, mut closed) = self.join();
        let left = self.deadline.saturating_sub(since.elapsed());
        if timeout(left, closed.wait_for(Option::is_some)).await.is_err() {
            // The first whose time is up closes the group, for all that wait in it.
            let mut group = self.lock();
            if group.number == member.number {
                group.refused = Some((group.waiting, Instant::now()));
                group.close();
            }
        }
        match *closed.borrow() {
            Some(arrived) if arrived < self.size => Err(self.refusal(arrived)),
            _ => Ok(()),
        }
    }

    fn join(&self) -> (Member<'_>, Instant, watch::Receiver<Option<usize>>) {
        let mut group = self.lock();
        if group.waiting == 0 {
            group.since = Instant::now();
        }
        group.waiting += 1;
        let joined = (
            Member { barrier: self, number: group.number },
            group.since,
            group.closed.subscribe(),
        );
        if group.waiting >= self.size {
            group.close();
        }
        joined
    }

    fn lock(&self) -> MutexGuard<'_, Group> {
        // Nothing panics while it holds the lock; and if it did, a group is whole between any two statements.
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal(&self, arrived: usize) -> String {
        let (size, ms) = (self.size, self.deadline.as_millis());
        let meaning = match arrived {
            1 => "they are made one after another",
            _ => "not all of them are made at the same time",
        };
        format!("{arrived} of {size} requests arrived together within {ms} ms: {meaning}")
    }
}

impl Group {
    fn lately_refused(&self, lately: Duration) -> Option<usize> {
        let (arrived, at) = self.refused?;
        (at.elapsed() < lately).then_some(arrived)
    }

    fn close(&mut self) {
        self.closed.send_replace(Some(self.waiting));
        // The receivers keep the last value of the sender that goes away here.
        self.closed = watch::Sender::new(None);
        self.waiting = 0;
        self.number += 1;
    }
}

/// A request that waits in a group. Dropped early (the client hung up), it leaves: who is gone is not "together".
struct Member<'a> {
    barrier: &'a Barrier,
    number: u64,
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        let mut group = self.barrier.lock();
        if group.number == self.number {
            group.waiting -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn for_a_while_after_a_refusal_nobody_is_kept_waiting() {
        let barrier = Barrier::new(5, Duration::from_secs(30));
        barrier.lock().refused = Some((1, Instant::now()));
        let told_at_once = barrier.pass().now_or_never();
        assert_eq!(told_at_once, Some(Err(barrier.refusal(1))));
    }

    #[test]
    fn later_a_new_group_may_form() {
        let barrier = Barrier::new(1, Duration::ZERO);
        barrier.lock().refused = Some((1, Instant::now()));
        assert_eq!(barrier.lock().lately_refused(Duration::ZERO), None);
    }

    #[test]
    fn a_refusal_says_how_many_came_and_what_that_means() {
        let barrier = Barrier::new(5, Duration::from_secs(1));
        assert_eq!(
            barrier.refusal(1),
            "1 of 5 requests arrived together within 1000 ms: they are made one after another"
        );
        assert_eq!(
            barrier.refusal(3),
            "3 of 5 requests arrived together within 1000 ms: not all of them are made at the same time"
        );
    }
}
