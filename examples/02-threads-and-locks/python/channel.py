"""Fetches the sites, each on a thread of its own, and receives the results through a queue."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import queue
import threading

import requests
from requests.adapters import HTTPAdapter

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
from sequential_fetch import fetch


# ANCHOR: fetch_each
def fetch_each(session, urls, timeout):
    results = queue.Queue()

    def fetch_one(url):
        try:
            results.put(fetch(session, url, timeout))
        except Exception as error:  # any: get() would wait for ever for what never comes
            results.put(error)

    for url in urls:
        threading.Thread(target=fetch_one, args=(url,)).start()
    # The queue cannot say that nothing more comes: count.
    for _ in urls:
        yield results.get()
# ANCHOR_END: fetch_each


def main(sites):
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
        # Room for a connection a thread: past ten, the default pool closes them after use.
        session.mount("http://", HTTPAdapter(pool_maxsize=len(sites.urls)))
        return list(fetch_each(session, sites.urls, sites.timeout))


if __name__ == "__main__":
    stage.fetch(main)
