"""Fetches the sites, counts their words and adds them up, each stage on threads of its own."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet
from stage import Page

import collections
import dataclasses
import functools
import queue
import threading
import time

import requests
from requests.adapters import HTTPAdapter

CAPACITY = 2
END = object()  # a queue does not close: this says that one of its senders is done


class Words(collections.Counter):
    """How often each word occurs."""

    def __str__(self):
        return f"words: {sum(self.values())}, {len(self)} of them different"


class Tally:
    """All pages, in completion order, and the words of all of them together."""

    def __init__(self):
        self.pages, self.words = [], Words()

    @stage.instrument
    def add(self, _, page):
        if not isinstance(page, Exception):
            page, words = page
            self.words.update(words)
        self.pages.append(page)
        return f"pages: {len(self.pages)}, {self.words}"


@stage.instrument
def fetch_text(session, url, timeout):
    """As chapter 1's fetch, and keeps the text."""
    began = time.perf_counter()
    with session.get(url, timeout=timeout, stream=True) as response:
        if not 200 <= response.status_code < 300:
            raise requests.HTTPError(response=response)
        text = b"".join(response.iter_content(8192))
    return Fetched(url, response.status_code, len(text), time.perf_counter() - began, text)


@dataclasses.dataclass
class Fetched(Page):
    text: bytes

    def __str__(self):
        return super().__str__()


def fetch_or_error(session, timeout, url):
    try:
        return fetch_text(session, url, timeout)
    except (requests.RequestException, ValueError) as error:
        return error


@stage.instrument
def parse(url, text):
    return Words(text.decode(errors="replace").split())


def parse_or_error(page):
    return page if isinstance(page, Exception) else (page, parse(page.url, page.text))


# ANCHOR: each
def items(source, senders):
    """What is in the queue, until each of its senders has said that it is done."""
    while senders:
        item = source.get()
        if item is END:
            senders -= 1
        else:
            yield item


def each(source, sink, work):
    """One thread of a stage: puts what `work` makes of each item into the next queue."""
    try:
        for row, value in source:
            with row:
                value = work(value)
            sink.put((row, value))
    finally:
        sink.put(END)  # whatever happens: the next stage counts them
# ANCHOR_END: each


def tally_all(session, urls, timeout, fetchers):
    addresses = queue.Queue()
    fetched, parsed = queue.Queue(CAPACITY), queue.Queue(CAPACITY)
    fetch = functools.partial(fetch_or_error, session, timeout)
    for _ in range(fetchers):
        start(each, items(addresses, 1), fetched, fetch)
    start(each, items(fetched, fetchers), parsed, parse_or_error)

    for url in urls:
        addresses.put((stage.Row("page", url), url))
    for _ in range(fetchers):
        addresses.put(END)
    tally = Tally()
    for row, page in items(parsed, 1):
        with row:
            tally.add("tally", page)
        row.end()
    return tally


def start(target, *args):
    threading.Thread(target=target, args=args).start()


def main(sites):
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
        # Room for a connection a thread: past ten, the default pool closes them after use.
        fetchers = sites.workers or 2
        session.mount("http://", HTTPAdapter(pool_maxsize=fetchers))
        return tally_all(session, sites.urls, sites.timeout, fetchers).pages


if __name__ == "__main__":
    stage.fetch(main)
