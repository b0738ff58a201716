"""Fetches the sites at once, all on one thread."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import time

import aiohttp


# ANCHOR: client
def new_client(timeout):
    """`timeout` in seconds bounds one whole fetch, from connecting to the last byte."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout),
        connector=aiohttp.TCPConnector(limit=0),  # as many at once as are asked for
        raise_for_status=True,
    )
# ANCHOR_END: client


# ANCHOR: fetch
@stage.instrument
async def fetch(client, url):
    began = time.perf_counter()
    nbytes = 0
    async with client.get(url) as response:
        async for piece in response.content.iter_any():
            nbytes += len(piece)
    return stage.Page(url, response.status, nbytes, time.perf_counter() - began)
# ANCHOR_END: fetch


# ANCHOR: fetch_all
async def fetch_all(client, urls):
    fetches = [fetch(client, url) for url in urls]
    # Without return_exceptions, the first failure would be raised here.
    return await asyncio.gather(*fetches, return_exceptions=True)
# ANCHOR_END: fetch_all


def main(sites):
    async def run():
        async with new_client(sites.timeout) as client:
            return await fetch_all(client, sites.urls)

    return asyncio.run(run())


if __name__ == "__main__":
    stage.fetch(main)
