"""Ctrl-C ends the fetching, and what has arrived is kept."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import argparse
import asyncio
import signal

from one_thread import fetch, new_client

DELAYS = [200, 500, 1700, 600, 600, 600]
AT_ONCE, GRACE = 3, 0.6


# ANCHOR: fetch_until_interrupted
async def fetch_until_interrupted(client, urls, interrupts, tell):
    results, waiting, running = [None] * len(urls), list(enumerate(urls)), {}
    interrupt = asyncio.create_task(interrupts.get())
    stopping = False
    while running or (waiting and not stopping):
        while waiting and not stopping and len(running) < AT_ONCE:
            n, url = waiting.pop(0)
            running[asyncio.create_task(fetch(client, url))] = n
        await asyncio.wait([interrupt, *running], return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in running if task.done()]:
            n = running.pop(task)
            results[n] = task.exception() or task.result()
            tell(n, results[n])
        if interrupt.done():
            if stopping:
                break
            stopping = True  # the end of the grace is like a second Ctrl-C
            asyncio.get_running_loop().call_later(GRACE, interrupts.put_nowait, None)
            interrupt = asyncio.create_task(interrupts.get())
    for task in [interrupt, *running]:
        task.cancel()
    return results, len(running), len(waiting), stopping
# ANCHOR_END: fetch_until_interrupted


async def run(urls):
    interrupts = asyncio.Queue()
    # ANCHOR: add_signal_handler
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupts.put_nowait, None)  # not on Windows
    # ANCHOR_END: add_signal_handler

    def tell(n, result):
        verdict = result if isinstance(result, stage.Page) else stage.describe(result)[0]
        stage.tell(f"  page {n + 1:<4} {verdict}")

    stage.tell(f"pages: {len(urls)}, at most {AT_ONCE} at a time\n")
    async with new_client(600) as client:
        return await fetch_until_interrupted(client, urls, interrupts, tell)


def main():
    delays = argparse.Namespace(seed=0, sites=None, delay=None, delays=DELAYS)
    # In a terminal, Ctrl-C goes to the child too, unless it is born ignoring it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    web = stage.SlowWeb(delays)
    signal.signal(signal.SIGINT, before)
    with web:
        results, dropped, not_begun, interrupted = asyncio.run(run(web.urls))
    here = sum(isinstance(result, stage.Page) for result in results)
    stage.tell("")
    if interrupted:
        stage.tell("interrupted")
    stage.tell(f"{here} of {len(results)} pages are here")
    if interrupted:
        stage.tell(f"{dropped} dropped on the way, {not_begun} not begun")
        sys.exit(130)


if __name__ == "__main__":
    stage.show(main)
