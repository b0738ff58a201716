"""Fetches the sites with worker processes: never more in flight than workers."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import contextlib
import functools
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed

import requests
from sequential_fetch import fetch

# After Ctrl-C, which takes nothing down, a helper of multiprocessing removes the pool's semaphores, and would tell.
os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"


# ANCHOR: session
@functools.cache
def session():
    """The session of this process: its connections cannot cross, so each has its own."""
    session = requests.Session()
    session.trust_env = False  # no proxy: the slow web is on this machine
    session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
    return session


def fetch_alone(url, timeout):
    # `fetch` is looked up in here by its name, as `fetch_alone` was.
    return stage.in_a_worker(fetch, session(), url, timeout)
# ANCHOR_END: session


# ANCHOR: fetch_all
def fetch_all(pool, urls, timeout):
    futures = {pool.submit(fetch_alone, url, timeout): url for url in urls}
    for future in as_completed(futures):
        stage.has_arrived("fetch", futures[future], future.result())
    # A page that fails is an exception in its place: outcome, and nothing raised.
    return [future.result().outcome for future in futures]
# ANCHOR_END: fetch_all


# ANCHOR: start
def end_with_the_parent():
    """Nobody else would: a worker whose parent was killed waits for jobs for ever."""
    parent = multiprocessing.parent_process()
    watch = lambda: (parent.join(), os._exit(1))
    threading.Thread(target=watch, daemon=True).start()


def initialize(everyone):
    end_with_the_parent()
    with contextlib.suppress(threading.BrokenBarrierError):
        everyone.wait()


@contextlib.contextmanager
def start(workers):
    # Not "fork": this process has threads, and a copy of it would have only one of them.
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(workers)
    with ProcessPoolExecutor(workers, spawn, initialize, (ready,)) as pool:
        try:
            list(pool.map(abs, range(workers)))  # ends when all workers are there
        except OSError:
            ready.abort()  # those that are there would wait for the others for ever
            raise
        yield pool
# ANCHOR_END: start


if __name__ == "__main__":
    stage.fetch(
        lambda sites, pool: fetch_all(pool, sites.urls, sites.timeout),
        prepare=lambda sites: start(sites.workers or 2),
    )
