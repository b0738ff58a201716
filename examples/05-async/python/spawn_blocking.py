"""Chapter 1's blocking fetch, on the threads that an event loop keeps for what blocks."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter
from sequential_fetch import fetch


# ANCHOR: fetch_all
async def fetch_all(session, urls, timeout):
    fetches = [asyncio.to_thread(fetch, session, url, timeout) for url in urls]
    return await asyncio.gather(*fetches, return_exceptions=True)
# ANCHOR_END: fetch_all


def main(sites):
    async def run():
        if sites.workers:
            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(sites.workers))
        with requests.Session() as session:
            session.trust_env = False  # no proxy: the slow web is on this machine
            session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
            # Room for a connection a thread: past ten, the default pool closes them after use.
            session.mount("http://", HTTPAdapter(pool_maxsize=len(sites.urls)))
            return await fetch_all(session, sites.urls, sites.timeout)

    return asyncio.run(run())


if __name__ == "__main__":
    stage.fetch(main)
