"""The same site fetched with more and more workers: throughput and latency, measured and predicted."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
from sequential_fetch import fetch

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

SLOTS, LATENCY = 4, "20"
STEPS = [1, 2, 4, 8, 16, 32]


# ANCHOR: measure
def measure(url, workers, jobs):
    """The wall time, and each latency, the shortest first; in seconds."""
    mine = threading.local()  # a session for each worker: none of them is shared

    def prepare():
        mine.session = requests.Session()
        mine.session.trust_env = False  # no proxy: the slow web is on this machine

    began = time.perf_counter()
    with ThreadPoolExecutor(workers, initializer=prepare) as pool:
        pages = pool.map(lambda _: fetch(mine.session, url, 30), range(jobs))
        latencies = sorted(page.elapsed for page in pages)
    return time.perf_counter() - began, latencies
# ANCHOR_END: measure


def percentile(values, percent):
    """By the nearest rank: one of the values, which are sorted."""
    return values[max(1, -(-len(values) * percent // 100)) - 1]


def main():
    web = stage.SlowWeb(stage.DEFAULTS, "--delay", LATENCY, "--slots", str(SLOTS))
    with web:
        url = web.urls[0]
        stage.tell(f"a slow web of {SLOTS} slots, {LATENCY} ms a page\n")
        stage.tell("workers    predicted    measured        p50       p99        X × W")
        measure(url, 1, 1)
        alone = sum(measure(url, 1, 20)[1]) / 20
        for workers in STEPS:
            jobs = max(100, 10 * workers)
            wall, latencies = measure(url, workers, jobs)
            p50, p99 = (percentile(latencies, percent) * 1000 for percent in (50, 99))
            stage.tell(
                f"{workers:>7}{min(workers, SLOTS) / alone:>10.0f} /s{jobs / wall:>9.0f} /s"
                f"{p50:>8.0f} ms{p99:>7.0f} ms{sum(latencies) / wall:>8.1f} busy"
            )


if __name__ == "__main__":
    stage.show(main)
