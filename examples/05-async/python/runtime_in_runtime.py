"""Blocking calls inside async code: the errors in their own words, the call that says nothing, and the ways out."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import time

import one_thread
import requests
import sequential_fetch

TIMEOUT = 10


# ANCHOR: errors
def error_of(call):
    try:
        call()
        return "no error: the thread stands still"
    except RuntimeError as error:
        return str(error)


async def what_fails(client, session, url):
    loop = asyncio.get_running_loop()
    page = one_thread.fetch(client, url)
    tell("asyncio.run(fetch(..))", error_of(lambda: asyncio.run(page)))
    tell("loop.run_until_complete(..)", error_of(lambda: loop.run_until_complete(page)))
    page.close()  # nobody has awaited it
    fetch = lambda: sequential_fetch.fetch(session, url, TIMEOUT)
    tell("requests.get(..)", error_of(fetch))
    tell("time.sleep(..)", error_of(lambda: time.sleep(0.02)))
# ANCHOR_END: errors


# ANCHOR: ways_out
async def what_helps(client, session, url):
    loop = asyncio.get_running_loop()
    page = await one_thread.fetch(client, url)
    stage.tell(f"  the async client          {page}")
    page = await asyncio.to_thread(sequential_fetch.fetch, session, url, TIMEOUT)
    stage.tell(f"  to_thread                 {page}")

    def elsewhere():  # a thread without a loop may wait for a coroutine of ours
        return asyncio.run_coroutine_threadsafe(one_thread.fetch(client, url), loop).result()

    page = await asyncio.to_thread(elsewhere)
    stage.tell(f"  run_coroutine_threadsafe  {page}")
# ANCHOR_END: ways_out


def tell(call, words):
    stage.tell(call)
    stage.tell(f"  {words}")


async def tell_all(session, url):
    async with one_thread.new_client(TIMEOUT) as client:
        stage.tell("in a coroutine:")
        await what_fails(client, session, url)
        stage.tell("")
        stage.tell("what to do instead:")
        await what_helps(client, session, url)


def main():
    with stage.SlowWeb() as web, requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        asyncio.run(tell_all(session, web.urls[3]))


if __name__ == "__main__":
    stage.show(main)
