"""Downloads, parses, hashes and stores pages, each stage on threads of its own, with a bound between each two and without."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage as lab  # first: from here on, Ctrl-C is quiet

import argparse
import hashlib
import platform
import queue
import sqlite3
import sysconfig
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass

PAGES, DOWNLOADS, WORKERS, CAPACITY = 10, 2, 2, 1
HASH_TIMES = 20_000
END = object()  # no more pages


def gil():
    """How this interpreter was built, and whether a GIL is at work in it now."""
    free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED")
    is_on = getattr(sys, "_is_gil_enabled", lambda: True)()  # since 3.13; before, always
    build = "free-threaded" if free_threaded else "default"
    return f"{build} build, GIL {'on' if is_on else 'off'}"


@dataclass
class Page:
    url: str
    text: bytes = b""
    words: Counter = None
    digest: str = ""
    error: Exception = None


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def download(page):
    with DIRECT.open(page.url, timeout=10) as answer:  # a wait: the GIL is let go
        page.text = answer.read()


def parse(page):
    page.words = Counter(page.text.decode().split())


# ANCHOR: digest
def digest(text, times):
    # Less than 2 KiB at a time: hashlib keeps the GIL.
    last = hashlib.sha256(text).digest()
    for _ in range(1, times):
        last = hashlib.sha256(last + text).digest()
    return last.hex()
# ANCHOR_END: digest


def hash_page(page):
    page.digest = digest(page.text, HASH_TIMES)


# ANCHOR: store
def store(database, page):
    with database:  # one transaction: all of it, or nothing
        values = (page.url, len(page.text), page.digest)
        database.execute("INSERT INTO pages VALUES (?, ?, ?)", values)
        words = [(page.url, word, times) for word, times in page.words.items()]
        database.executemany("INSERT INTO words VALUES (?, ?, ?)", words)
# ANCHOR_END: store


# ANCHOR: stage
def stage(source, target, at_once, work):
    """Starts one stage: at most `at_once` pages are in its hands."""

    def worker():
        while (page := source.get()) is not END:
            try:
                page.error or work(page)
            except Exception as error:
                page.error = error  # a value: it goes through as it is
            target.put(page)  # waits for room

    threads = [threading.Thread(target=worker) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    return source, threads


def end(source, threads):
    for _ in threads:
        source.put(END)
    for thread in threads:
        thread.join()
# ANCHOR_END: stage


class Queue(queue.Queue):
    """A bounded queue that keeps how long it has been."""

    longest = 0

    def _put(self, item):  # called under the queue's lock
        super()._put(item)
        if item is not END:
            self.longest = max(self.longest, self._qsize())


# ANCHOR: process_all
def process_all(urls, capacity, database):
    """Returns the pages in the order of the addresses, and the longest of each queue."""
    to_download, done = queue.SimpleQueue(), queue.SimpleQueue()
    to_parse, to_hash, to_store = queues = [Queue(capacity) for _ in range(3)]
    stages = [
        stage(to_download, to_parse, DOWNLOADS, download),
        stage(to_parse, to_hash, WORKERS, parse),
        stage(to_hash, to_store, WORKERS, hash_page),
        stage(to_store, done, 1, lambda page: store(database, page)),
    ]
    pages = [Page(url) for url in urls]
    for page in pages:
        to_download.put(page)
    for source, threads in stages:  # each ends when all before it have
        end(source, threads)
    return pages, [q.longest for q in queues]
# ANCHOR_END: process_all


def new_database():
    # In memory: Ctrl-C ends a twin at once, and would leave a file behind.
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE pages (url TEXT PRIMARY KEY, bytes INTEGER, digest TEXT)")
    database.execute("CREATE TABLE words (url TEXT, word TEXT, times INTEGER)")
    return database


def stored(database):
    (pages,) = database.execute("SELECT count(*) FROM pages").fetchone()
    return pages


def show(name, web, capacity):
    database = new_database()
    began = time.perf_counter()
    pages, queued = process_all(web.urls, capacity, database)
    took = (time.perf_counter() - began) * 1000
    lab.tell(f"{name} between two stages")
    for page in pages:
        if page.error:
            lab.tell(f"  {page.url}: {page.error}")
    for before, longest in zip(("parse", "hash", "store"), queued):
        lab.tell(f"  {f'before {before}':<14} at most {longest} queued")
    lab.tell(f"  {stored(database)} of {len(pages)} pages stored in {took:.0f} ms\n")
    database.close()
    return pages


def main():
    version = f"{platform.python_implementation()} {platform.python_version()}"
    lab.tell(f"{version}, {gil()}")
    lab.tell(f"{PAGES} pages, hash is slow, {WORKERS} threads hash\n")
    sites = argparse.Namespace(seed=0, sites=PAGES, delay=10, delays=None)
    with lab.SlowWeb(sites) as web:
        show(f"room for {CAPACITY}", web, CAPACITY)
        pages = show("room for all", web, 0)
    lab.tell(f"the first digest begins with {pages[0].digest[:16]}")


if __name__ == "__main__":
    lab.show(main)
