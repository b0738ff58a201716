"""Fetches the sites, each on a thread of its own: the total is the longest wait."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading

import requests
from requests.adapters import HTTPAdapter
from sequential_fetch import fetch


# ANCHOR: fetch_all
def fetch_all(session, urls, timeout):
    results = [None] * len(urls)

    def fetch_into(i, url):
        try:
            results[i] = fetch(session, url, timeout)
        except (requests.RequestException, ValueError) as error:
            results[i] = error

    threads = [
        threading.Thread(target=fetch_into, args=(i, url))
        for i, url in enumerate(urls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
# ANCHOR_END: fetch_all


def main(sites):
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
        # Room for a connection a thread: past ten, the default pool closes them after use.
        session.mount("http://", HTTPAdapter(pool_maxsize=len(sites.urls)))
        return fetch_all(session, sites.urls, sites.timeout)


if __name__ == "__main__":
    stage.fetch(main)
