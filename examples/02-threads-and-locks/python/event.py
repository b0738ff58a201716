"""Threads that wait for an event, and one that waits in vain."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import queue
import threading

WAITERS = 3
PATIENCE = 0.3


# ANCHOR: release
def release(event, waiters):
    """Has threads wait, and sets the event. Returns how many went on before and after."""
    went_on = queue.SimpleQueue()

    def go_on():
        event.wait()
        went_on.put(None)

    threads = [threading.Thread(target=go_on) for _ in range(waiters)]
    for thread in threads:
        thread.start()
    before = went_on.qsize()
    event.set()
    for thread in threads:
        thread.join()
    return before, went_on.qsize() - before
# ANCHOR_END: release


# ANCHOR: unlocked_event
class UnlockedEvent:
    """An event whose flag is not behind the lock: it can lose the call that counts."""

    def __init__(self):
        self.flag = False
        self.changed = threading.Condition()

    def set(self):
        self.flag = True
        with self.changed:
            self.changed.notify_all()

    def wait(self, looked):
        if not self.flag:
            looked()
            with self.changed:
                self.changed.wait()
# ANCHOR_END: unlocked_event


def set_in_between(event):
    """Has one thread wait, and sets the event between its look at the flag and its wait.

    Returns whether it still waits when the patience is over. It is woken then."""
    looked, was_set = threading.Event(), threading.Event()

    def look():
        looked.set()
        was_set.wait()

    thread = threading.Thread(target=event.wait, args=[look])
    thread.start()
    looked.wait()
    event.set()  # Nobody waits yet, and a notification is not kept.
    was_set.set()
    thread.join(PATIENCE)
    still_waits = thread.is_alive()
    while thread.is_alive():
        event.set()
        thread.join(0.01)
    return still_waits


def main():
    event = threading.Event()
    before, after = release(event, WAITERS)
    stage.tell(f"threads that wait for an event: {WAITERS}")
    stage.tell(f"  before set: {before} go on, after set: {after}")
    stage.tell(f"  wait, now that it is set: {event.wait(PATIENCE)}")
    event.clear()
    stage.tell(f"  wait, once it is cleared: {event.wait(PATIENCE)}")

    stage.tell("one thread waits for a flag that is not behind the lock")
    flag = UnlockedEvent()
    in_vain = set_in_between(flag)
    stage.tell(f"  set between look and wait: {flag.flag}")
    stage.tell(f"  still waiting {PATIENCE * 1000:.0f} ms later: {in_vain}")


if __name__ == "__main__":
    stage.show(main)
