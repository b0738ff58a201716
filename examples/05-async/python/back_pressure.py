"""How far a producer runs ahead of a consumer that has not begun yet."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

MESSAGES = 1000
END = object()


# ANCHOR: produce
async def produce(queue, messages, held_up):
    for message in range(messages):
        # `await queue.put(message)` would do. This is to see when it waits.
        try:
            queue.put_nowait(message)
        except asyncio.QueueFull:
            held_up.set()
            await queue.put(message)
    held_up.set()
# ANCHOR_END: produce


# ANCHOR: consume
async def consume(queue, held_up):
    await held_up.wait()
    ahead = queue.qsize()
    received = 0
    while await queue.get() is not END:
        received += 1
    return ahead, received
# ANCHOR_END: consume


# ANCHOR: hand_over
async def hand_over(maxsize):
    queue, held_up = asyncio.Queue(maxsize), asyncio.Event()
    consumer = asyncio.create_task(consume(queue, held_up))
    await asyncio.create_task(produce(queue, MESSAGES, held_up))
    await queue.put(END)  # from Python 3.13 on: queue.shutdown()
    return await consumer
# ANCHOR_END: hand_over


async def show():
    stage.tell(f"{MESSAGES} messages to a late consumer, by bound")
    for maxsize in (1, 4, 16, 0):  # 0 is no bound
        ahead, received = await hand_over(maxsize)
        stage.tell(f"  {maxsize or 'none':<10} {ahead:>8} ahead {received:>8} received")


if __name__ == "__main__":
    stage.show(lambda: asyncio.run(show()))
