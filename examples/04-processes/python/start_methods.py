"""What it takes to start a process by each start method, and what of its parent it can see."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import multiprocessing
import subprocess
import tempfile
import time
from itertools import dropwhile
from pathlib import Path

LEVEL = 0


# ANCHOR: look
def read_level(answer):
    answer.send(LEVEL)


def start_one(method):
    """How long it takes from the start of a process to its answer, and what that is."""
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    began = time.perf_counter()
    process = context.Process(target=read_level, args=(theirs,))
    process.start()
    seen = ours.recv()
    elapsed = (time.perf_counter() - began) * 1000
    process.join()
    return elapsed, seen
# ANCHOR_END: look


# ANCHOR: forgotten
FORGOTTEN = """
from multiprocessing import get_context
get_context("spawn").Process(target=print).start()
"""
# ANCHOR_END: forgotten


def without_guard():
    """What Python says of a program that starts a process, and has no guard: the first three lines of it."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "forgotten.py"
        program.write_text(FORGOTTEN)
        done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    lines = [line.strip() for line in done.stderr.splitlines()]
    complaint = dropwhile(lambda line: not line.startswith("RuntimeError"), lines)
    return list(complaint)[:3] or ["nothing"]


def main():
    global LEVEL
    LEVEL = 7
    for method in ("fork", "forkserver", "spawn"):
        if method in multiprocessing.get_all_start_methods():
            times, seen = zip(*(start_one(method) for _ in range(3)))
            stage.tell(f"{method:<12} {times[0]:6.1f} ms, then {min(times[1:]):6.1f} ms   sees {seen[0]}")
    stage.tell("without the guard:")
    for line in without_guard():
        stage.tell(f"  {line}")


if __name__ == "__main__":
    stage.show(main)
