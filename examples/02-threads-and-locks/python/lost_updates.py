"""A race that the interpreter lets happen, or does not: updates lost, with and without a lock."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import platform
import sysconfig
import threading

from counter import count_locked, on_threads, plus_one, together

THREADS = 8
INCREMENTS = 300_000


def lose_one():
    """Two threads add 1 each, and both read before either writes: the counter says 1."""
    counter = 0
    both_have_read = threading.Barrier(2)

    def job():
        nonlocal counter
        count = counter
        both_have_read.wait()
        counter = count + 1

    on_threads(2, job)
    return counter


def lose_one_between_locks():
    """The same with a lock around each step: the counter says 1."""
    counter, lock = 0, threading.Lock()
    both_have_read = threading.Barrier(2)

    def job():
        nonlocal counter
        with lock:
            count = counter
        both_have_read.wait()
        with lock:
            counter = count + 1

    on_threads(2, job)
    return counter


# ANCHOR: count
def count_plus_equals(threads, increments):
    counter = 0

    def job():
        nonlocal counter
        for _ in range(increments):
            counter += 1

    together(threads, job)
    return counter


def count_call(threads, increments):
    counter = 0

    def job():
        nonlocal counter
        for _ in range(increments):
            counter = plus_one(counter)

    together(threads, job)
    return counter
# ANCHOR_END: count


def interpreter():
    """Which one this is, and whether a GIL is at work in it."""
    if getattr(sys, "_is_gil_enabled", lambda: True)():  # asked from 3.13 on; before, always
        gil = "with a GIL"
    else:
        gil = "without a GIL"
    build = "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "default"
    return f"{platform.python_implementation()} {platform.python_version()}, {build} build, {gil}"


def main():
    stage.tell(interpreter())
    stage.tell("\n2 x 1 increment, and both read before either writes")
    stage.tell(f"  {'read, write':<32} counts to {lose_one()}")
    stage.tell(f"  {'lock, read, unlock, lock, write':<32} counts to {lose_one_between_locks()}")

    stage.tell(f"\n{THREADS} x {INCREMENTS} increments")
    # As often as it can be had, so that what can go wrong does.
    sys.setswitchinterval(1e-6)
    for name, way in [
        ("counter += 1", count_plus_equals),
        ("counter = plus_one(counter)", count_call),
        ("with lock: counter += 1", count_locked),
    ]:
        lost = THREADS * INCREMENTS - way(THREADS, INCREMENTS)
        stage.tell(f"  {name:<32} {lost:>9} lost")
    stage.tell("Where no lock is held, 0 lost is no promise.")


if __name__ == "__main__":
    stage.show(main)
