"""Does the same two jobs in every model that Python has, and says what each took."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
for chapter in ("01-sequential-fetch", "02-threads-and-locks", "03-thread-pool", "04-processes", "05-async"):
    sys.path.append(os.path.join(os.path.dirname(__file__), "../..", chapter, "python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import bounded
import one_thread
import pool
import process_crunch
import process_pool
import requests
import sequential_crunch
import sequential_fetch
import thread_per_chunk
import thread_per_site

WORKERS, TIMEOUT = 2, 30
NUMBERS = 100_000  # a fifth of the Rust program's: a Python program is to end soon, too
CHUNKS = [range(a, a + 20_000) for a in range(0, NUMBERS, 20_000)]


def one_after_another(urls):
    with new_session() as session:
        return sequential_fetch.fetch_all(session, urls, TIMEOUT)


def a_thread_each(urls):
    with new_session() as session:
        return thread_per_site.fetch_all(session, urls, TIMEOUT)


def a_pool_of_threads(urls, threads):
    with new_session() as session:
        return pool.fetch_all(threads, session, urls, TIMEOUT)


def a_pool_of_processes(urls, processes):
    return process_pool.fetch_all(processes, urls, TIMEOUT)


async def async_on_one_thread(urls):
    async with one_thread.new_client(TIMEOUT) as client:
        return await one_thread.fetch_all(client, urls)


async def async_bounded(urls):
    async with one_thread.new_client(TIMEOUT) as client:
        return await bounded.fetch_all(client, urls, WORKERS)


def new_session():
    session = requests.Session()
    session.trust_env = False  # no proxy: the slow web is on this machine
    session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
    return session


def measure(name, job, tell):
    """Times the job, and tells what it took and what `tell` makes of its outcome."""
    began = time.perf_counter()
    outcome = job()
    elapsed = (time.perf_counter() - began) * 1000
    stage.tell(f"{name:<19}  {elapsed:>5.0f} ms, {tell(outcome, elapsed)}")


def fetch_in(name, fetch_all):
    # A slow web for each, so that its peak is that of this model.
    with stage.SlowWeb() as web:

        def tell(pages, _):
            failed = [page for page in pages if not isinstance(page, stage.Page)]
            if failed:
                stage.fail(f"{name}: {stage.describe(failed[0])[0]}", 1)
            return f"at most {web.stats()['peak_in_flight']} in flight"

        measure(name, lambda: fetch_all(web.urls), tell)


# ANCHOR: fetch_in_all
def fetch_in_all(threads, processes):
    stage.tell("5 sites")
    fetch_in("one after another", one_after_another)
    fetch_in("a thread each", a_thread_each)
    fetch_in("a pool of threads", lambda urls: a_pool_of_threads(urls, threads))
    fetch_in("a pool of processes", lambda urls: a_pool_of_processes(urls, processes))
    fetch_in("async on one thread", lambda urls: asyncio.run(async_on_one_thread(urls)))
    fetch_in("async, bounded", lambda urls: asyncio.run(async_bounded(urls)))
# ANCHOR_END: fetch_in_all


def crunch_in_all(threads, processes):
    alone = None

    def tell(counts, elapsed):
        nonlocal alone
        alone = alone or elapsed
        return f"{alone / elapsed:.1f} times as fast, {sum(counts)} primes"

    def crunch_in(name, crunch_all):
        measure(name, crunch_all, tell)

    stage.tell(f"\nthe primes below {NUMBERS}, in {len(CHUNKS)} chunks")
    crunch_in("one after another", lambda: sequential_crunch.crunch_all(CHUNKS))
    crunch_in("a thread each", lambda: thread_per_chunk.crunch_all(CHUNKS))
    crunch_in("a pool of threads", lambda: list(threads.map(sequential_crunch.crunch, CHUNKS)))
    crunch_in("a pool of processes", lambda: process_crunch.crunch_all(processes, CHUNKS))


def main():
    with ThreadPoolExecutor(WORKERS) as threads, process_pool.start(WORKERS) as processes:
        fetch_in_all(threads, processes)
        crunch_in_all(threads, processes)


if __name__ == "__main__":
    stage.show(main)
