"""How many jobs run at once, with the lock of the queue held during a job and without."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import collections
import threading

WORKERS = 4
PATIENCE = 1.0


# ANCHOR: work_under_lock
def work_under_lock(lock, jobs):
    """Does jobs until there are no more, each with the lock still held."""
    while True:
        with lock:
            if not jobs:
                return
            job = jobs.popleft()
            job()
# ANCHOR_END: work_under_lock


# ANCHOR: work_after_lock
def work_after_lock(lock, jobs):
    """Does jobs until there are no more, each after the lock is let go."""
    while True:
        with lock:
            if not jobs:
                return
            job = jobs.popleft()
        job()
# ANCHOR_END: work_after_lock


class Meeting:
    """A barrier that gives up, and counts how many were there at once."""

    def __init__(self, expected):
        self.barrier = threading.Barrier(expected)
        self.lock = threading.Lock()
        self.here = self.peak = 0

    def attend(self):
        with self.lock:
            self.here += 1
            self.peak = max(self.peak, self.here)
        try:
            self.barrier.wait(PATIENCE)
        except threading.BrokenBarrierError:
            pass  # One has waited long enough, for all of them.
        with self.lock:
            self.here -= 1


def peak(workers, work):
    """Runs as many jobs as workers, each of which waits for the others. Returns the most at once."""
    meeting, lock = Meeting(workers), threading.Lock()
    jobs = collections.deque([meeting.attend] * workers)
    threads = [threading.Thread(target=work, args=(lock, jobs)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return meeting.peak


def main():
    stage.tell(f"jobs in one queue: {WORKERS}, workers: {WORKERS}")
    stage.tell(f"  lock held during a job:   at most {peak(WORKERS, work_under_lock)} at once")
    stage.tell(f"  lock let go before a job: at most {peak(WORKERS, work_after_lock)} at once")


if __name__ == "__main__":
    stage.show(main)
