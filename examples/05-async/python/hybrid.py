"""Downloads pages on one thread, and has each digested on another as soon as it is there."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import dataclasses
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

from one_thread import new_client

TIMES = 25_000


@dataclasses.dataclass
class Fetched(stage.Page):
    text: bytes

    def __str__(self):
        return super().__str__()


@stage.instrument
async def fetch_text(client, url):
    """As fetch, and keeps the text."""
    began = time.perf_counter()
    async with client.get(url) as response:
        text = await response.read()
    return Fetched(url, response.status, len(text), time.perf_counter() - began, text)


# ANCHOR: digest
@stage.instrument
def digest(url, text):
    # The GIL is let go inside: it is C code, and needs no Python object.
    digest = hashlib.pbkdf2_hmac("sha256", text, b"", TIMES)
    return f"digest {digest.hex()[:16]}"
# ANCHOR_END: digest


# ANCHOR: fetch_and_digest_all
async def fetch_and_digest_all(client, urls, limit, pool):
    loop = asyncio.get_running_loop()
    on_their_way = asyncio.Semaphore(limit)

    async def fetch_and_digest(url):
        async with on_their_way:
            page = await fetch_text(client, url)
            await loop.run_in_executor(pool, digest, url, page.text)
            return page

    pages = [fetch_and_digest(url) for url in urls]
    return await asyncio.gather(*pages, return_exceptions=True)
# ANCHOR_END: fetch_and_digest_all


def main(sites):
    async def run():
        async with new_client(sites.timeout) as client:
            # Which of several threads takes a page would be luck, and each picture another.
            with ThreadPoolExecutor(1) as pool:
                limit = sites.workers or 16
                return await fetch_and_digest_all(client, sites.urls, limit, pool)

    return asyncio.run(run())


if __name__ == "__main__":
    stage.fetch(main)
