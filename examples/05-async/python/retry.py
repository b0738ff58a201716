"""What retries do to a server that is down."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import dataclasses
import random

import aiohttp
from one_thread import fetch, new_client

CLIENTS = 100


def worth_it(error):
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status >= 500
    lost = aiohttp.ClientConnectionError, aiohttp.ClientPayloadError
    return isinstance(error, (TimeoutError, *lost))


@dataclasses.dataclass
class Backoff:
    base: float
    cap: float
    attempts: int

    def delay(self, retry, rng):
        return rng.uniform(0, min(self.cap, self.base * 2**retry))


class Budget:
    def __init__(self, percent):
        self.percent = percent
        self.saved = 0

    def request(self):
        self.saved += self.percent

    def take_a_retry(self):
        if self.saved < 100:
            return False
        self.saved -= 100
        return True


# ANCHOR: retry
async def retry(backoff, budget, rng, request):
    budget.request()
    retries = 0
    while True:
        try:
            return await request()
        except Exception as error:  # not CancelledError, which is no Exception
            more = retries + 1 < backoff.attempts and worth_it(error)
            if not (more and budget.take_a_retry()):
                raise
        await asyncio.sleep(backoff.delay(retries, rng))
        retries += 1
# ANCHOR_END: retry


async def run():
    stage.tell(f"{CLIENTS} fetches from a server that answers 503\n")
    for what, attempts, percent in (
        ("one try each", 1, 1_000),
        ("up to 4 tries", 4, 1_000),
        ("up to 4, budget of a tenth", 4, 10),
    ):
        backoff, budget = Backoff(0.010, 0.040, attempts), Budget(percent)
        with stage.SlowWeb() as web:
            url = f"{web.address}/status/503"
            async with new_client(60) as client:
                fetches = [
                    retry(backoff, budget, random.Random(n), lambda: fetch(client, url))
                    for n in range(CLIENTS)
                ]
                await asyncio.gather(*fetches, return_exceptions=True)
            stage.tell(f"  {what:<28}{web.stats()['requests']:>4} requests")


def main():
    asyncio.run(run())


if __name__ == "__main__":
    stage.show(main)
