"""An event loop of our own, over generators: how often it resumes what, with good ones and with bad ones."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import heapq
import time
from collections import deque

WAIT = 0.2


# ANCHOR: executor
def sleep(seconds):
    yield time.monotonic() + seconds  # wake me at this time


class Executor:
    def __init__(self):
        self.ready = deque()  # tasks that can go on: (number, resumed, generator)
        self.alarms = []  # tasks that wait, the next to wake first

    def spawn(self, generator):
        self.ready.append((len(self.ready) + 1, 0, generator))

    def turns(self):
        while self.ready or self.alarms:
            if self.alarms and not self.ready:
                pause = self.alarms[0][0] - time.monotonic()
                if pause > 0:  # a sleep of 0 would give the core away as well
                    time.sleep(pause)
            while self.alarms and self.alarms[0][0] <= time.monotonic():
                _, *task = heapq.heappop(self.alarms)
                self.ready.append(task)
            if self.ready:
                yield self.resume(*self.ready.popleft())
# ANCHOR_END: executor

    # ANCHOR: resume
    def resume(self, number, resumed, generator):
        try:
            at = next(generator)
        except StopIteration:
            return number, resumed + 1, True
        if at is not None:  # or else nobody knows when to come back
            heapq.heappush(self.alarms, (at, number, resumed + 1, generator))
        return number, resumed + 1, False
    # ANCHOR_END: resume


# ANCHOR: badly
def leave_no_waker():
    yield None


def wake_at_once(until):
    while time.monotonic() < until:
        yield time.monotonic()
# ANCHOR_END: badly


def describe(number, resumed, done):
    return f"  task {number}, resumed {resumed}: {'returns' if done else 'yields'}"


def main():
    executor = Executor()
    executor.spawn(sleep(WAIT))
    executor.spawn(sleep(WAIT / 2))
    stage.tell("two waits, the first twice as long as the second")
    for turn in executor.turns():
        stage.tell(describe(*turn))

    executor = Executor()
    executor.spawn(leave_no_waker())
    stage.tell("a generator that leaves no time")
    for turn in executor.turns():
        stage.tell(describe(*turn))
    stage.tell("  nothing can wake it any more")

    executor = Executor()
    executor.spawn(wake_at_once(time.monotonic() + WAIT))
    stage.tell("a generator that asks to be woken at once")
    resumed = sum(1 for _ in executor.turns())
    stage.tell(f"  task 1 is done, and was resumed {resumed} times")


if __name__ == "__main__":
    stage.show(main)
