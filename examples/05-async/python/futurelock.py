"""A first wait for a lock that takes too long does not keep the second from it: a task runs on by itself."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

TICK = 0.01


async def add(lock, total):
    async with lock:
        total.append(1)
        return len(total)


# ANCHOR: kept
async def kept(lock, total, patience):
    first = asyncio.create_task(add(lock, total))
    done, _ = await asyncio.wait([first], timeout=patience)
    if done:
        return first.result()
    # The loop goes on running `first`, whoever waits for it.
    return await add(lock, total)
# ANCHOR_END: kept


async def run():
    lock, total = asyncio.Lock(), []
    await lock.acquire()
    asyncio.get_running_loop().call_later(2 * TICK, lock.release)
    stage.tell("the lock is held for a while; meanwhile, the first future is\n")
    outcome = await asyncio.wait_for(kept(lock, total, TICK), 20)
    stage.tell(f"  {'kept, and not awaited':<24}the sum is {outcome}")


def main():
    asyncio.run(run())


if __name__ == "__main__":
    stage.show(main)
