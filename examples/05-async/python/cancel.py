"""Three ways to lose interest in five fetches, and what the server saw of each."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

from one_thread import fetch, fetch_all, new_client

FETCHES = 5
PATIENCE = 20.0


# ANCHOR: drop_the_future
async def cancel_the_gather(client, urls, stop):
    whole = asyncio.ensure_future(fetch_all(client, urls))
    await stop
    whole.cancel()  # and with it, all that it gathers
    await asyncio.wait([whole])
# ANCHOR_END: drop_the_future


# ANCHOR: abort_the_tasks
async def cancel_the_tasks(client, urls, stop):
    tasks = [asyncio.create_task(fetch(client, url)) for url in urls]
    await stop
    for task in tasks:
        task.cancel()
    # A cancelled task goes on until it has let the cancellation out.
    await asyncio.wait(tasks)
# ANCHOR_END: abort_the_tasks


# ANCHOR: shielded
async def cancel_what_is_shielded(client, urls, stop):
    tasks = [asyncio.create_task(fetch(client, url)) for url in urls]
    outer = [asyncio.shield(task) for task in tasks]
    await stop
    for shield in outer:
        shield.cancel()  # ends the wait, and leaves the task
    return tasks  # somebody has to keep them
# ANCHOR_END: shielded


# ANCHOR: wait_with_clean_up
async def wait_with_clean_up(tell):
    try:
        tell("before the await")
        await asyncio.Event().wait()  # for ever
        tell("after the await")
    except asyncio.CancelledError:
        tell("CancelledError")
        raise  # or whoever cancelled waits for nothing
    finally:
        await asyncio.sleep(0)  # allowed here, and not in a Drop
        tell("finally")
# ANCHOR_END: wait_with_clean_up


async def comes_true(claim):
    """The server says nothing by itself: ask it until it has seen what has to come."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(claim):
            await asyncio.sleep(0.001)


async def lose_interest(what, way, path):
    with stage.SlowWeb() as web:
        begun = comes_true(lambda: web.stats()["requests"] == FETCHES)
        async with new_client(PATIENCE) as client:
            kept = await way(client, [web.address + path] * FETCHES, begun)
            await comes_true(lambda: web.stats()["in_flight"] == 0)
            if kept:
                await asyncio.wait(kept)
        stats = web.stats()
        given_up = stats["given_up"]
        stage.tell(f"  {what:<34} {given_up:>8} {stats['requests'] - given_up:>10}")


async def run():
    stage.tell(f"{FETCHES} fetches under way each time         given up   answered")
    await lose_interest("the gather cancelled", cancel_the_gather, "/never")
    await lose_interest("tasks cancelled", cancel_the_tasks, "/never")
    await lose_interest("tasks behind a shield", cancel_what_is_shielded, "/delay/400")

    steps = []
    waiting = asyncio.create_task(wait_with_clean_up(steps.append))
    await asyncio.sleep(0)  # so that it begins
    waiting.cancel()
    await asyncio.wait([waiting])
    stage.tell(f"\ncancelled at its await: {', '.join(steps)}")


def main():
    asyncio.run(run())


if __name__ == "__main__":
    stage.show(main)
