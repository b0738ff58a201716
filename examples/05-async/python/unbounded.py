"""Five hundred requests at once, in a process that may have 64 files and connections open."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import argparse
import asyncio
from collections import Counter

from bounded import fetch_all as fetch_bounded
from one_thread import fetch_all, new_client

try:
    import resource
except ImportError:  # Windows
    resource = None

PAGES, WORKERS, DESCRIPTORS = 500, 20, 64


# ANCHOR: with_and_without
async def with_and_without_a_bound(urls):
    async with new_client(10) as client:
        tell("all at once", await fetch_all(client, urls))
    async with new_client(10) as client:
        tell("with a bound", await fetch_bounded(client, urls, WORKERS))
# ANCHOR_END: with_and_without


def tell(way, results):
    """How many pages are lost, and why."""
    reasons = Counter(why(result) for result in results if isinstance(result, Exception))
    for reason, lost in reasons.items():
        stage.tell(f"  {way:<14} {lost:>4} lost  {reason}")
    if not reasons:
        stage.tell(f"  {way:<14} {0:>4} lost")


def why(error):
    cause = stage.causes(error)[-1]
    if isinstance(cause, OSError) and cause.errno:
        return f"{cause.strerror} (os error {cause.errno})"
    return stage.describe(error)[0]


# ANCHOR: limit
def main():
    if resource is None:
        return stage.tell("a limit on a process's descriptors: there is none to set here")
    stage.tell(f"{PAGES} pages, where {DESCRIPTORS} descriptors are the limit")
    with stage.SlowWeb(argparse.Namespace(seed=0, sites=1, delay=20, delays=None)) as web:
        # The slow web is a process of its own, and keeps the limit that it has.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, most))
        asyncio.run(with_and_without_a_bound(web.urls * PAGES))
# ANCHOR_END: limit


if __name__ == "__main__":
    stage.show(main)
