"""A heart that beats on the event loop, beside sections that hold the loop's thread, and sections that do not."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import time
from math import isqrt

INTERVAL = 0.01
LENGTHS = [0.001, 0.01, 0.1]
REPEATS = 2  # told is the run that the rest of the machine disturbed least


# ANCHOR: beat
class Heart:
    def __init__(self):
        self.beats, self.worst = 0, 0.0

    async def beat(self):
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self.beats += 1
            self.worst = max(self.worst, loop.time() - due)
# ANCHOR_END: beat


async def beside(section):
    while True:
        heart = Heart()
        beating = asyncio.create_task(heart.beat())
        # The section begins shortly before the first beat is due.
        await asyncio.sleep(INTERVAL - 0.001)
        if not heart.beats:
            break
        beating.cancel()  # the beat has come already: once more
    await section
    within = heart.beats
    # The beat that was held up says how late it is.
    await asyncio.sleep(2 * INTERVAL)
    beating.cancel()
    return heart.worst, within


# ANCHOR: sections
def work(length):
    began = time.perf_counter()
    while time.perf_counter() - began < length:
        step()


async def block_here(length):
    time.sleep(length)


async def work_here(length):
    work(length)


async def work_and_yield(length):
    began = time.perf_counter()
    while time.perf_counter() - began < length:
        step()
        await asyncio.sleep(0)


async def block_elsewhere(length):
    await asyncio.to_thread(time.sleep, length)


async def work_elsewhere(length):
    await asyncio.to_thread(work, length)
# ANCHOR_END: sections


def step():
    """Some microseconds of work."""
    return sum(1 for n in range(50) if n >= 2 and all(n % d for d in range(2, isqrt(n) + 1)))


SECTIONS = [
    ("await asyncio.sleep(..)", asyncio.sleep),
    ("time.sleep(..)", block_here),
    ("work(..)", work_here),
    ("work, await sleep(0), work, ..", work_and_yield),
    ("to_thread(time.sleep)", block_elsewhere),
    ("to_thread(work)", work_elsewhere),
]


async def tell_all():
    stage.tell("a beat each 10 ms on one thread; how late it is beside")
    stage.tell(f"{'1 ms':>47}{'10 ms':>11}{'100 ms':>11}   beats")
    for code, section in SECTIONS:
        line = f"  {code:<34}"
        for length in LENGTHS:
            worst, beats = min([await beside(section(length)) for _ in range(REPEATS)])
            line += f" {worst * 1000:>7.1f} ms"
        stage.tell(f"{line}   {'some' if beats else 'none'}")
    stage.tell("beats: those that fell into the 100 ms")

    verdict = "in time"
    try:
        async with asyncio.timeout(INTERVAL):
            time.sleep(0.1)
    except TimeoutError:
        verdict = "too late"
    stage.tell("")
    stage.tell(f"time.sleep of 100 ms in a timeout of 10 ms: {verdict}")


if __name__ == "__main__":
    stage.show(lambda: asyncio.run(tell_all()))
