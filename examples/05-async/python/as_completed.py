"""Fetches the sites in a task each, and takes the results as they come."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

from one_thread import fetch, new_client


# ANCHOR: as_completed
async def as_completed(client, urls):
    tasks = [asyncio.create_task(fetch(client, url)) for url in urls]
    pages = []
    for earliest in asyncio.as_completed(tasks):
        try:
            pages.append(await earliest)
        except Exception as error:
            pages.append(error)
    return pages
# ANCHOR_END: as_completed


def main(sites):
    async def run():
        async with new_client(sites.timeout) as client:
            return await as_completed(client, sites.urls)

    return asyncio.run(run())


if __name__ == "__main__":
    stage.fetch(main)
