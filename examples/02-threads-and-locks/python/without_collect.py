"""Fetches the sites, each on a thread of its own, and yet one after another: the total is the sum of the waits."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading

import requests
from sequential_fetch import fetch


def fetch_all(session, urls, timeout):
    results = [None] * len(urls)

    def fetch_into(i, url):
        try:
            results[i] = fetch(session, url, timeout)
        except (requests.RequestException, ValueError) as error:
            results[i] = error

    def start(i, url):
        thread = threading.Thread(target=fetch_into, args=(i, url))
        thread.start()
        return thread

    # ANCHOR: generator
    # A generator: no thread is started before the loop asks for it.
    threads = (start(i, url) for i, url in enumerate(urls))
    for thread in threads:
        thread.join()
    # ANCHOR_END: generator
    return results


def main(sites):
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
        return fetch_all(session, sites.urls, sites.timeout)


if __name__ == "__main__":
    stage.fetch(main)
