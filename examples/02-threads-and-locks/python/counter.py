"""Counts with many threads: the classic that proves nothing, then two ways that are right, and what each costs."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading
import time

THREADS = 8
INCREMENTS = 1_000_000


def on_threads(threads, job):
    """Runs `job` on so many threads at once, and waits for all of them."""
    running = [threading.Thread(target=job) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def together(threads, job):
    """The same, and no thread begins before all are there: no thread has ended by then."""
    all_there = threading.Barrier(threads)

    def begin():
        all_there.wait()
        job()

    on_threads(threads, begin)


# ANCHOR: count_the_classic_way
def count_the_classic_way(threads):
    """The count, and how many threads found another one at work."""
    counter = 0
    meetings = Meetings()

    def job():
        nonlocal counter
        with meetings:
            counter = plus_one(counter)

    on_threads(threads, job)
    return counter, meetings.met


def plus_one(count):
    return count + 1
# ANCHOR_END: count_the_classic_way


class Meetings:
    """Counts the threads that come while another one is at work."""

    def __init__(self):
        self.lock = threading.Lock()
        self.at_work = self.met = 0

    def __enter__(self):
        with self.lock:
            self.met += self.at_work > 0
            self.at_work += 1

    def __exit__(self, *_):
        with self.lock:
            self.at_work -= 1


# ANCHOR: count_apart
def count_apart(threads, increments):
    counter, lock = 0, threading.Lock()

    def job():
        nonlocal counter
        mine = 0
        for _ in range(increments):
            mine += 1
        with lock:
            counter += mine

    together(threads, job)
    return counter
# ANCHOR_END: count_apart


def count_locked(threads, increments):
    counter, lock = 0, threading.Lock()

    def job():
        nonlocal counter
        for _ in range(increments):
            with lock:
                counter += 1

    together(threads, job)
    return counter


def main():
    counter, met = count_the_classic_way(1_000)
    stage.tell("1000 x 1 increment, in two careless steps")
    stage.tell(f"  {1_000 - counter} lost, {met / 10:.1f} % met another thread at work")

    stage.tell(f"\n{THREADS} x {INCREMENTS} increments")
    cheapest = None
    for name, way in [("a sum for each thread", count_apart), ("a lock", count_locked)]:
        began = time.perf_counter()
        count = way(THREADS, INCREMENTS)
        ns = (time.perf_counter() - began) * 1e9 / (THREADS * INCREMENTS)
        cheapest = cheapest or ns
        stage.tell(f"  {name:<22} {count:>9} {ns:>8.1f} ns each {ns / cheapest:>7.1f} times")


if __name__ == "__main__":
    stage.show(main)
