"""A lock that is held across an await: two additions on one thread, and neither ends."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import threading

DEADLINE = 0.5


class Waits:
    """How many parts are waited for, and the most that were at once."""

    now = peak = 0

    async def part(self, value):
        self.now += 1
        self.peak = max(self.peak, self.now)
        await asyncio.sleep(0.02)
        self.now -= 1
        return value


class Total:
    def __init__(self, lock):
        self.lock, self.value = lock, 0


# ANCHOR: add
async def add_held(total, part):
    with total.lock:  # a threading.Lock
        total.value += await part


async def add_after(total, part):
    part = await part
    with total.lock:
        total.value += part


async def add_in_turn(total, part):
    async with total.lock:  # an asyncio.Lock
        total.value += await part
# ANCHOR_END: add


# ANCHOR: ends_within
def ends_within(deadline, add, new_lock):
    peaks = []

    async def both():
        total, waits = Total(new_lock()), Waits()
        await asyncio.gather(add(total, waits.part(1)), add(total, waits.part(2)))
        peaks.append(waits.peak)

    # As a daemon: Python would wait for it, and it may never end.
    thread = threading.Thread(target=asyncio.run, args=(both(),), daemon=True)
    thread.start()
    thread.join(deadline)
    return peaks[0] if peaks else None
# ANCHOR_END: ends_within


def tell(way, peak):
    if peak is None:
        outcome = f"{DEADLINE * 1000:.0f} ms later: none is done"
    else:
        outcome = f"both are done, at most {peak} waited at once"
    stage.tell(f"  {way:<34} {outcome}")


def main():
    stage.tell("two additions on one thread; each waits for what it adds")
    held = ends_within(DEADLINE, add_held, threading.Lock)
    tell("threading lock across the await", held)
    after = ends_within(DEADLINE, add_after, threading.Lock)
    tell("threading lock after the await", after)
    in_turn = ends_within(DEADLINE, add_in_turn, asyncio.Lock)
    tell("asyncio lock across the await", in_turn)


if __name__ == "__main__":
    stage.show(main)
