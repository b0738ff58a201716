"""What many ask for at the same moment, and how often the server hears of it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../05-async/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

from one_thread import fetch, new_client

ASKERS = 20


# ANCHOR: get
class Once:
    def __init__(self):
        self.tasks = {}

    async def get(self, key, ask):
        if key not in self.tasks:
            self.tasks[key] = asyncio.create_task(ask())
        # Without the shield, one who is cancelled cancels it for all.
        return await asyncio.shield(self.tasks[key])
# ANCHOR_END: get


# ANCHOR: answers
class Answers:
    def __init__(self):
        self.answers = {}

    async def get(self, key, ask):
        if key not in self.answers:
            self.answers[key] = await ask()
        return self.answers[key]
# ANCHOR_END: answers


class Nothing:
    async def get(self, key, ask):
        return await ask()


async def show_way(how, cache):
    with stage.SlowWeb(stage.DEFAULTS) as web:
        url = web.address + "/delay/50"
        async with new_client(10) as client:

            async def look():
                return await cache.get(url, lambda: fetch(client, url))

            looks = [look() for _ in range(ASKERS)]
            pages = await asyncio.gather(*looks, return_exceptions=True)
        have = sum(isinstance(page, stage.Page) for page in pages)
        requests = web.stats()["requests"]
        stage.tell(f"  {how:<36} requests: {requests:>3}, have it: {have:>3}")


async def show():
    stage.tell(f"{ASKERS} want one page at the same moment")
    await show_way("each asks", Nothing())
    await show_way("each looks for an answer, then asks", Answers())
    await show_way("each looks for whoever asks already", Once())


if __name__ == "__main__":
    stage.show(lambda: asyncio.run(show()))
