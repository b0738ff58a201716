"""Three fetches, of which one fails: what is in hand then, and what became of the other two."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

from one_thread import fetch, new_client

PATIENCE = 10  # seconds; no wait here takes that long, unless something is broken


# ANCHOR: ways
async def all_or_the_first_error(fetches):
    return await asyncio.gather(*fetches)


async def all_results(fetches):
    return await asyncio.gather(*fetches, return_exceptions=True)


async def group(fetches):
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(each) for each in fetches]
    return [task.result() for task in running]
# ANCHOR_END: ways


async def until(web, condition):
    """Waits until what the web has counted is as wanted."""
    async with asyncio.timeout(PATIENCE):
        while not condition(stats := await asyncio.to_thread(web.stats)):
            await asyncio.sleep(0.001)
    return stats


async def tell(name, way, slow):
    """Prints a line about one way to run two fetches of a slow page, and one that fails when the web has the other two."""
    with stage.SlowWeb() as web:
        async with new_client(PATIENCE) as client:

            async def fails():
                await until(web, lambda stats: stats["in_flight"] == 2)
                return await fetch(client, web.address + "/status/500")

            fetches = [fetch(client, web.address + slow), fails(), fetch(client, web.address + slow)]
            # ANCHOR: in_hand
            try:
                results = await way(fetches)
            except* Exception as errors:
                results = list(errors.exceptions)
            # ANCHOR_END: in_hand
            stats = await until(web, lambda stats: stats["in_flight"] == 0)
    errors = sum(isinstance(result, Exception) for result in results)
    given_up = stats["given_up"]
    answered = stats["requests"] - given_up - 1  # all but the one that failed
    stage.tell(f"  {name:<32} {len(results) - errors:>6} {errors:>7} | {answered:>8} {given_up:>9}")


async def show():
    # Where they run to their end, the slow pages come after a while. Where they are cancelled, they never come.
    stage.tell("one of three fetches fails          pages  errors | answered  given up")
    await tell("gather", all_or_the_first_error, "/delay/100")
    await tell("gather, return_exceptions=True", all_results, "/delay/100")
    await tell("TaskGroup", group, "/never")


if __name__ == "__main__":
    stage.show(lambda: asyncio.run(show()))
