"""Fetches the sites on one thread, with a bound on how many are in flight."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

from one_thread import fetch, new_client


# ANCHOR: fetch_all
async def fetch_all(client, urls, workers):
    permits = asyncio.Semaphore(workers)

    async def fetch_one(url):
        async with permits:
            return await fetch(client, url)

    fetches = [fetch_one(url) for url in urls]
    return await asyncio.gather(*fetches, return_exceptions=True)
# ANCHOR_END: fetch_all


def main(sites):
    async def run():
        async with new_client(sites.timeout) as client:
            return await fetch_all(client, sites.urls, sites.workers or 2)

    return asyncio.run(run())


if __name__ == "__main__":
    stage.fetch(main)
