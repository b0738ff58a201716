"""Four threads, one of which raises what nobody expected: its result is missing, and the program goes on."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import argparse
import threading

import requests
from sequential_fetch import fetch

WEB = argparse.Namespace(sites=None, delay=None, delays=[120, 80], seed=0)


def pace(page):
    """Milliseconds for each KiB of a page."""
    # The bug: a page of less than 1 KiB is divided by zero.
    return round(page.elapsed * 1000) // (page.bytes // 1024)


# ANCHOR: paces
def paces(session, urls, timeout):
    results = [None] * len(urls)

    def pace_into(i, url):
        try:
            page = fetch(session, url, timeout)
            results[i] = f"{pace(page)} ms for each KiB"
        except requests.RequestException as error:
            results[i] = f"failed: {stage.describe(error)[0]}"

    threads = [
        threading.Thread(target=pace_into, args=(i, url), name=f"thread for {url}")
        for i, url in enumerate(urls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
# ANCHOR_END: paces


# ANCHOR: hook
def excepthook(args):
    """In place of the default, which prints a traceback: one line."""
    stage.tell_aside(f"{args.thread.name}: {args.exc_type.__name__}")
# ANCHOR_END: hook


def main():
    threading.excepthook = excepthook
    paths = ["/site-1", "/empty", "/status/404", "/site-2"]
    with stage.SlowWeb(WEB) as web, requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        results = paces(session, [web.address + path for path in paths], 10)
    for path, result in zip(paths, results):
        stage.tell(f"{path:<12} {result}")
    stage.tell("and the program goes on")


if __name__ == "__main__":
    stage.show(main)
