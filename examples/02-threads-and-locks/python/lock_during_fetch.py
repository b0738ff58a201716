"""Fetches the sites, each on a thread that takes a lock before it asks: the total is the sum of the waits."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading

import requests
from requests.adapters import HTTPAdapter
from sequential_fetch import fetch


def lock_during_fetch(session, urls, timeout):
    lock = stage.Lock()  # a threading.Lock, whose waits are drawn
    results = []
    threads = []
    for url in urls:
        arguments = session, url, timeout, lock, results
        threads.append(threading.Thread(target=lock_then_fetch, args=arguments))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# ANCHOR: lock_then_fetch
@stage.instrument
def lock_then_fetch(session, url, timeout, lock, results):
    with lock:
        try:
            results.append(fetch(session, url, timeout))
        except (requests.RequestException, ValueError) as error:
            results.append(error)
# ANCHOR_END: lock_then_fetch


def main(sites):
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
        # Room for a connection a thread: past ten, the default pool closes them after use.
        session.mount("http://", HTTPAdapter(pool_maxsize=len(sites.urls)))
        return lock_during_fetch(session, sites.urls, sites.timeout)


if __name__ == "__main__":
    stage.fetch(main)
