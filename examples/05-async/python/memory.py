"""What a wait costs in memory: as a timer, a request, a thread."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import argparse
import asyncio
import subprocess
import threading
import time

from ten_thousand import PATIENCE, SPARE, fetch_all, memory, raise_descriptor_limit

WAIT = 1.0
TIMERS, REQUESTS, THREADS = 100_000, 2000, 2000
ONLY = "WHILE_YOU_WAIT_ONLY"  # set for a process that measures one thing


# ANCHOR: timers
async def timers(n):
    async with asyncio.TaskGroup() as group:
        for _ in range(n):
            group.create_task(asyncio.sleep(WAIT))
# ANCHOR_END: timers


# ANCHOR: threads
def threads(n):
    started = [threading.Thread(target=time.sleep, args=(WAIT,)) for _ in range(n)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
# ANCHOR_END: threads


def requests(n):
    options = argparse.Namespace(seed=0, sites=1, delay=int(WAIT * 1000), delays=None)
    barrier = ["--barrier", str(n), "--barrier-deadline", str(PATIENCE)]
    with stage.SlowWeb(options, *barrier) as web:
        measure(n, "requests", lambda: asyncio.run(fetch_all(web.urls * n)))


def measure(n, name, job):
    before, began = memory("VmRSS"), time.perf_counter()
    job()
    times = (time.perf_counter() - began) / WAIT
    each = "not measured" if before is None else f"{(memory('VmHWM') - before) / n:8.2f} KiB"
    stage.tell(f"  {n:6} {name:<24} {each:>12} {times:8.2f} times")


def main():
    limit = raise_descriptor_limit()
    n = min(REQUESTS, limit - SPARE)
    if n < 1:
        stage.fail(f"{limit} descriptors are too few: try ulimit -n {REQUESTS + SPARE}")
    jobs = {
        "timers": lambda: measure(TIMERS, "timers, a task each", lambda: asyncio.run(timers(TIMERS))),
        "requests": lambda: requests(n),
        "threads": lambda: measure(THREADS, "threads", lambda: threads(THREADS)),
    }
    if os.environ.get(ONLY) in jobs:
        jobs[os.environ[ONLY]]()
        return
    stage.tell(f"waits of {WAIT * 1000:.0f} ms, all at once       memory each      total")
    for name in jobs:
        # In a process of its own: memory that is free again stays with the process.
        child = subprocess.run([sys.executable, __file__], env=os.environ | {ONLY: name})
        if child.returncode != 0:
            sys.exit(child.returncode)


if __name__ == "__main__":
    stage.show(main)
