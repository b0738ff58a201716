"""Waits beside threads that compute: what a woken thread has to wait for then."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
from sequential_crunch import is_prime

import platform
import subprocess
import threading
import time
from statistics import median

WAITS, LENGTH = 30, 0.001
BEATS = 3
SWITCH = 0.005  # the default of CPython; here set, so that it can be changed
# Not for ever, should nobody be left to end it; and without a word on Ctrl-C.
COMPUTE = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
print(flush=True)
end = time.monotonic() + 10
while time.monotonic() < end:
    sum(range(1000))
"""


# ANCHOR: beat
def beat(waits, length):
    """By how much each wait was too long, in seconds."""
    late = []
    for _ in range(waits):
        due = time.perf_counter() + length
        time.sleep(length)
        late.append(time.perf_counter() - due)
    return late
# ANCHOR_END: beat


# ANCHOR: beside
def beside(neighbours, section, job):
    """What the job comes to, while so many threads do the section again and again."""
    done = False

    def neighbour():
        while not done:
            section()

    threads = [threading.Thread(target=neighbour) for _ in range(neighbours)]
    for thread in threads:
        thread.start()
    try:
        return job()
    finally:
        done = True
        for thread in threads:
            thread.join()
# ANCHOR_END: beside


def compute():
    """Less than a millisecond of work."""
    sum(map(is_prime, range(200)))


def wait():
    time.sleep(0.01)


def beside_a_process(job):
    """The same beside another interpreter, which has a GIL of its own."""
    with subprocess.Popen([sys.executable, "-c", COMPUTE], stdout=subprocess.PIPE) as child:
        child.stdout.readline()  # it computes now
        try:
            return job()
        finally:
            child.kill()


# ANCHOR: beats
def beats_within(work, most):
    """How many waits end while another thread works, for so long or until there are `most`."""
    beats, working, done = 0, False, False
    begin = threading.Event()

    def neighbour():
        nonlocal working, done
        begin.wait()
        working, end = True, time.perf_counter() + work
        while beats < most and time.perf_counter() < end:
            compute()
        working, done = False, True

    thread = threading.Thread(target=neighbour)
    thread.start()
    begin.set()
    while not done:
        time.sleep(LENGTH)
        beats += working
    thread.join()
    return beats
# ANCHOR_END: beats


def main():
    stage.tell(interpreter())
    stage.tell(f"{WAITS} waits of 1 ms, one after another; how much too long each is")
    stage.tell(f"{'median':>48}{'worst':>13}")

    def heart():
        return beat(WAITS, LENGTH)

    tell("alone", heart())
    tell("beside a thread that waits", beside(1, wait, heart))
    tell("beside a thread that computes", beside(1, compute, heart))
    tell("beside two threads that compute", beside(2, compute, heart))
    sys.setswitchinterval(SWITCH / 10)
    tell("beside one, switch interval 0.5 ms", beside(1, compute, heart))
    sys.setswitchinterval(SWITCH)
    tell("beside a process that computes", beside_a_process(heart))

    stage.tell("\nwaits that end while another thread computes")
    for name, interval, work in [("5 ms", SWITCH, 2), ("60 s", 60, 0.2)]:
        sys.setswitchinterval(interval)
        beats = beats_within(work, BEATS)
        told = f"at least {BEATS}" if beats >= BEATS else beats
        stage.tell(f"  switch interval {name}{told:>16}")


def tell(name, late):
    stage.tell(f"  {name:<36}{median(late) * 1000:>7.1f} ms{max(late) * 1000:>10.1f} ms")


def interpreter():
    """Which one this is, and whether a GIL is at work in it."""
    if getattr(sys, "_is_gil_enabled", lambda: True)():  # asked from 3.13 on; before, always
        gil = "with a GIL"
    else:
        gil = "without a GIL"
    return f"{platform.python_implementation()} {platform.python_version()}, {gil}"


if __name__ == "__main__":
    stage.show(main)
