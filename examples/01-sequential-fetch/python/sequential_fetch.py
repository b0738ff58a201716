"""Fetches the sites one after another: the total is the sum of the waits."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet
from stage import Page

import time

import requests


# ANCHOR: fetch
@stage.instrument
def fetch(session, url, timeout):
    began = time.perf_counter()
    with session.get(url, timeout=timeout, stream=True) as response:
        # raise_for_status() would let 304 pass, a page without a page.
        if not 200 <= response.status_code < 300:
            raise requests.HTTPError(response=response)
        # The head is here. The body is counted as it comes, and not kept.
        size = sum(len(chunk) for chunk in response.iter_content(8192))
    elapsed = time.perf_counter() - began
    return Page(url, response.status_code, size, elapsed)
# ANCHOR_END: fetch


# ANCHOR: fetch_all
def fetch_all(session, urls, timeout):
    results = []
    for url in urls:
        try:
            results.append(fetch(session, url, timeout))
        # requests lets a ValueError through when a redirect names no usable address.
        except (requests.RequestException, ValueError) as error:
            results.append(error)
    return results
# ANCHOR_END: fetch_all


# ANCHOR: main
def main(sites):
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
        return fetch_all(session, sites.urls, sites.timeout)


if __name__ == "__main__":
    stage.fetch(main)
# ANCHOR_END: main
