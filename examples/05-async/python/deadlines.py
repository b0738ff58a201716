"""Four ways to set a limit, and what is there when it has passed."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import time

from one_thread import fetch, fetch_all, new_client

PATHS = ["/never", "/never", "/never", "/never", "/delay/50", "/delay/100"]
LIMIT = 0.5


# ANCHOR: fetch_within
async def fetch_within(client, url, limit):
    async with asyncio.timeout(limit):
        return await fetch(client, url)
# ANCHOR_END: fetch_within


async def fetch_each_within(client, urls, at_once, limit):
    places = asyncio.Semaphore(at_once)

    async def in_turn(url):
        async with places:  # outside: waiting for a place is not timed
            return await fetch_within(client, url, limit)

    return await asyncio.gather(*map(in_turn, urls), return_exceptions=True)


# ANCHOR: all_or_nothing
async def all_or_nothing(client, urls, limit):
    try:
        async with asyncio.timeout(limit):
            return await fetch_all(client, urls)
    except TimeoutError:
        return None
# ANCHOR_END: all_or_nothing


# ANCHOR: fetch_all_within
async def fetch_all_within(client, urls, limit):
    deadline = asyncio.get_running_loop().time() + limit

    async def in_time(url):
        async with asyncio.timeout_at(deadline):
            return await fetch(client, url)

    return await asyncio.gather(*map(in_time, urls), return_exceptions=True)
# ANCHOR_END: fetch_all_within


async def holds_the_thread(seconds):
    time.sleep(seconds)


def pages(results):
    return sum(isinstance(result, stage.Page) for result in results or [])


async def run(urls):
    def tell(what, pages):
        elapsed = (time.perf_counter() - began) * 1000
        stage.tell(f"  {what:<38} {pages} pages after {elapsed:>4.0f} ms")

    stage.tell("6 pages, 4 of which never come; the limit is for\n")
    async with new_client(60) as client:
        began = time.perf_counter()
        results = await fetch_each_within(client, urls, 2, LIMIT)
        tell("each page, two at a time", pages(results))
        began = time.perf_counter()
        results = await all_or_nothing(client, urls, LIMIT)
        tell("all of them, all or nothing", pages(results))
        began = time.perf_counter()
        results = await fetch_all_within(client, urls, LIMIT)
        tell("all of them, keeping what is there", pages(results))

    began = time.perf_counter()
    try:
        async with asyncio.timeout(LIMIT / 2):
            await holds_the_thread(LIMIT)
        verdict = "in time, it says,"
    except TimeoutError:
        verdict = "late"
    elapsed = (time.perf_counter() - began) * 1000
    stage.tell("\nhalf of it, for a coroutine that holds the thread")
    stage.tell(f"  {verdict:<38}         after {elapsed:>4.0f} ms")


def main():
    with stage.SlowWeb() as web:
        asyncio.run(run([web.address + path for path in PATHS]))


if __name__ == "__main__":
    stage.show(main)
