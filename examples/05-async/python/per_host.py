"""A bound for each host beside the bound on all, and what the order of the two is good for."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import argparse
import asyncio
from collections import defaultdict
from urllib.parse import urlsplit

from one_thread import fetch, new_client

OVERALL, PER_HOST = 4, 2


# ANCHOR: fetch_all
async def fetch_all(client, urls):
    anywhere = asyncio.Semaphore(OVERALL)
    hosts = defaultdict(lambda: asyncio.Semaphore(PER_HOST))

    async def fetch_one(url):
        # The narrow gate first: whoever waits here keeps nobody else waiting.
        async with hosts[urlsplit(url).netloc], anywhere:
            return await fetch(client, url)

    fetches = [fetch_one(url) for url in urls]
    return await asyncio.gather(*fetches, return_exceptions=True)
# ANCHOR_END: fetch_all


# ANCHOR: overall_first
async def fetch_all_overall_first(client, urls):
    anywhere = asyncio.Semaphore(OVERALL)
    hosts = defaultdict(lambda: asyncio.Semaphore(PER_HOST))

    async def fetch_one(url):
        async with anywhere, hosts[urlsplit(url).netloc]:
            return await fetch(client, url)

    fetches = [fetch_one(url) for url in urls]
    return await asyncio.gather(*fetches, return_exceptions=True)
# ANCHOR_END: overall_first


class Web(stage.SlowWeb):
    """A slow web whose sites take 50 ms each."""

    def __init__(self, sites=1):
        super().__init__(argparse.Namespace(seed=0, sites=sites, delay=50, delays=None))


async def peaks():
    with Web(6) as a, Web(6) as b, Web(6) as c:
        async with new_client(10) as client:
            results = await fetch_all(client, a.urls + b.urls + c.urls)
        pages = sum(isinstance(result, stage.Page) for result in results)
        stage.tell(f"  6 pages of each of 3 hosts: {pages} have come")
        for name, web in (("a", a), ("b", b), ("c", c)):
            stage.tell(f"    host {name}: at most {web.stats()['peak_in_flight']} in flight")


async def one_host_hangs(name, way):
    with Web() as hangs, Web() as answers:
        urls = [hangs.address + "/never"] * 4 + [answers.address + "/delay/1"] * 4

        async def all_came():
            while came(await asyncio.to_thread(answers.stats)) < 4:
                await asyncio.sleep(0.001)

        async with new_client(10) as client:
            fetches = asyncio.create_task(way(client, urls))
            await asyncio.wait([asyncio.create_task(all_came())], timeout=1)
            stage.tell(f"    {name:<26} {came(answers.stats())} of the 4 have come")
            fetches.cancel()


def came(stats):
    return max(0, stats["requests"] - stats["in_flight"])


async def show():
    stage.tell(f"at most {OVERALL} in flight, {PER_HOST} to one host")
    await peaks()
    stage.tell("  4 pages of a host that hangs, then 4 of one that answers")
    await one_host_hangs("the host's permit first", fetch_all)
    await one_host_hangs("the overall permit first", fetch_all_overall_first)


if __name__ == "__main__":
    stage.show(lambda: asyncio.run(show()))
