"""Fetches the sites with a fixed number of workers: never more in flight than workers."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter
from sequential_fetch import fetch


# ANCHOR: fetch_all
def fetch_all(pool, session, urls, timeout):
    def fetch_or_error(url):
        try:
            return fetch(session, url, timeout)
        # Past here, map would raise it and give up the results behind it.
        except (requests.RequestException, ValueError) as error:
            return error

    return list(pool.map(fetch_or_error, urls))
# ANCHOR_END: fetch_all


def main(sites):
    workers = sites.workers or 2
    with requests.Session() as session, ThreadPoolExecutor(workers) as pool:
        session.trust_env = False  # no proxy: the slow web is on this machine
        session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
        # Room for a connection a worker: past ten, the default pool closes them after use.
        session.mount("http://", HTTPAdapter(pool_maxsize=workers))
        return fetch_all(pool, session, sites.urls, sites.timeout)


if __name__ == "__main__":
    stage.fetch(main)
