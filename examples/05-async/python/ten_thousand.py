"""Fetches ten thousand sites at once, on one thread."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import argparse
import asyncio
import threading
import time

from one_thread import fetch, new_client

SITES = 10_000
DELAY = 1000  # ms
SPARE = 64  # descriptors for what is not a connection
PATIENCE = 60_000  # ms; how long the web waits for all to ask

fetch = fetch.__wrapped__  # unrecorded: what a recorded call leaves behind would be measured too


# ANCHOR: raise
def raise_descriptor_limit():
    """Raises the soft limit to the hard one; returns the limit that counts from now on."""
    try:
        import resource  # not on Windows
    except ImportError:
        return sys.maxsize
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        return soft  # some systems name a hard limit that they do not grant
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard
# ANCHOR_END: raise


# ANCHOR: fetch_all
async def fetch_all(urls):
    async with new_client(PATIENCE) as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(client, url)) for url in urls]
    return [task.result() for task in tasks]
# ANCHOR_END: fetch_all


def memory(field):
    """What Linux says of this process, in KiB; None elsewhere."""
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field))
    except OSError:
        return None


def main():
    limit = raise_descriptor_limit()
    sites = min(SITES, limit - SPARE)
    if sites < 1:
        stage.fail(f"{limit} descriptors are too few: try ulimit -n {SITES + SPARE}")
    if sites < SITES:
        stage.tell(f"{limit} descriptors fit {sites} sites, not {SITES} (those: ulimit -n {SITES + SPARE})")
    options = argparse.Namespace(seed=0, sites=sites, delay=DELAY, delays=None)
    barrier = ["--barrier", str(sites), "--barrier-deadline", str(PATIENCE)]
    with stage.SlowWeb(options, *barrier) as web:
        before, cpu, began = memory("VmRSS"), time.process_time(), time.perf_counter()
        pages = asyncio.run(fetch_all(web.urls))
        total, cpu = time.perf_counter() - began, time.process_time() - cpu
        stage.tell(f"{len(pages)} sites that wait {DELAY} ms each")
        stage.tell(f"  total             {total * 1000:.0f} ms")
        stage.tell(f"  over the wait     {total * 1000 / DELAY:.2f} times")
        stage.tell(f"  CPU               {cpu * 1000:.0f} ms")
        if before is not None:
            stage.tell(f"  memory            {(memory('VmHWM') - before) / sites:.1f} KiB a wait")
        stage.tell(f"  threads           {threading.active_count()}")
        stats = web.stats()
    stage.tell(f"the web has seen at most {stats['peak_in_flight']} in flight")


if __name__ == "__main__":
    stage.show(main)
