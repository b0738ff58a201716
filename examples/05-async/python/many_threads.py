"""One event loop, or one in each of two threads: who can run at once."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 0.5


# ANCHOR: meet
async def hold_until_both_are_there(meeting):
    try:
        meeting.wait(PATIENCE)  # holds the thread: there is no await in it
        return True
    except threading.BrokenBarrierError:
        return False


async def one_loop(meeting):
    tasks = [asyncio.create_task(hold_until_both_are_there(meeting)) for _ in range(2)]
    return await asyncio.gather(*tasks)


def a_loop_each(meeting):
    def run(_):
        return asyncio.run(hold_until_both_are_there(meeting))

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(run, range(2)))
# ANCHOR_END: meet


def main():
    def tell(name, met):
        stage.tell(f"  {name:<16} {'both were there at once' if all(met) else 'one at a time'}")

    stage.tell("two tasks that hold their thread until both are there")
    tell("one loop", asyncio.run(one_loop(threading.Barrier(2))))
    tell("a loop each", a_loop_each(threading.Barrier(2)))


if __name__ == "__main__":
    stage.show(main)
