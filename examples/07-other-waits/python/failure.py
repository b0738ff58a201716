"""Eight failures in Python's five models: what each has in hand, and what it loses. POSIX only."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../05-async/python"))
import stage  # first: from here on, Ctrl-C is quiet

import argparse
import asyncio
import multiprocessing
import signal
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed

import one_thread
import requests
import sequential_fetch

SPAWN = multiprocessing.get_context("spawn")
WEB = argparse.Namespace(sites=None, delay=None, delays=[30, 20, 50, 40, 10], seed=0)
PLACE = 2  # the third of the five sites
STALL, PATIENCE = 0.5, 20.0  # seconds
TOTAL_LOCK = threading.Lock()
total = 0


# ANCHOR: visit
def add(page, fault):
    global total
    if fault == "panic":
        raise RuntimeError("on purpose")
    if fault == "kill -9":
        os.kill(os.getpid(), signal.SIGKILL)
    with TOTAL_LOCK:  # let go by whatever leaves the block: nobody is told
        if fault == "in the lock":
            raise RuntimeError("on purpose")
        total += page.bytes
    return page


def visit(url, fault, timeout):
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        return add(sequential_fetch.fetch(session, url, timeout), fault)
# ANCHOR_END: visit


# ANCHOR: one_after_another
def sequential(sites, timeout, results):
    for i, (url, fault) in enumerate(sites):
        try:
            results[i] = visit(url, fault, timeout)
        except Exception as error:  # KeyboardInterrupt is none of these
            results[i] = error
# ANCHOR_END: one_after_another


# ANCHOR: threads
def threads(sites, timeout, results):
    def into(i, url, fault):
        # Slots are filled one by one. What nobody catches goes to threading.excepthook.
        try:
            results[i] = visit(url, fault, timeout)
        except requests.RequestException as error:
            results[i] = error

    running = [
        threading.Thread(target=into, args=(i, *site), daemon=True)
        for i, site in enumerate(sites)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
# ANCHOR_END: threads


# ANCHOR: executor
def with_executor(pool, sites, timeout, results):
    with pool:
        futures = {pool.submit(visit, *site, timeout): i for i, site in enumerate(sites)}
        for future in as_completed(futures):
            results[futures[future]] = future.exception() or future.result()
# ANCHOR_END: executor


def pool(sites, timeout, results):
    with_executor(ThreadPoolExecutor(len(sites)), sites, timeout, results)


def processes(sites, timeout, results):
    ready = SPAWN.Barrier(len(sites))
    with_executor(ProcessPoolExecutor(len(sites), SPAWN, start_worker, (ready,)), sites, timeout, results)


def start_worker(ready):
    # A terminal sends Ctrl-C to the workers, too. Their parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    ready.wait()  # they begin together


# ANCHOR: tasks
async def fetch_all(sites, timeout, results):
    async with one_thread.new_client(timeout) as client:

        async def into(i, url, fault):
            results[i] = add(await one_thread.fetch(client, url), fault)

        fetches = [into(i, *site) for i, site in enumerate(sites)]
        ended = await asyncio.gather(*fetches, return_exceptions=True)
    for i, error in enumerate(ended):
        results[i] = error or results[i]
# ANCHOR_END: tasks


def tasks(sites, timeout, results):
    asyncio.run(fetch_all(sites, timeout, results))


MODELS = {"sequential": sequential, "threads": threads, "pool": pool, "processes": processes, "async": tasks}


def be_a_child(model, sites, timeout, line):
    """A program of its own, in a group of its own, as a terminal starts one."""
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    line.send(in_hand(model, sites, timeout))
    os._exit(0)


def in_hand(model, sites, timeout):
    """The name of what is there for each site, and what came out of the model as a whole."""
    results, out = [None] * len(sites), None
    threading.excepthook = lambda args: results.__setitem__(PLACE, "None, and threading.excepthook")
    try:
        MODELS[model](sites, timeout, results)
    except BaseException as error:
        out = type(error).__name__
    names = [result if isinstance(result, str) else type(result).__name__ for result in results]
    return ["-" if name == "NoneType" else name for name in names], out


def run(failure, model):
    """What is there in the place of the page, what is lost of the others, and how long after a signal that is known, in seconds."""
    with stage.SlowWeb(WEB) as web:
        at = lambda path: web.address + path
        bad = {
            "refused": ("http://127.0.0.1:1/", None),
            "reset": (at("/reset"), None),
            "stalled": (at("/never"), None),
            "status 500": (at("/status/500"), None),
            "panic": (at("/empty"), "panic"),
            "kill -9": (at("/empty"), "kill -9"),
            "in the lock": (at("/empty"), "in the lock"),
            "Ctrl-C": (at("/never"), None),
        }[failure]
        sites = [(url, None) for url in web.urls]
        if failure == "kill -9":
            sites = [(at("/delay/500"), None)] * 5  # under way, all of them
        sites[PLACE] = bad
        if failure in ("kill -9", "Ctrl-C"):
            (names, out), seconds = in_a_child(failure, model, sites, web)
        else:
            names, out = in_hand(model, sites, STALL if failure == "stalled" else PATIENCE)
            seconds = 0.0
    others = names[:PLACE] + names[PLACE + 1:]
    return out or names[PLACE], sum(name != "Page" for name in others), seconds


def in_a_child(failure, model, sites, web):
    ours, theirs = SPAWN.Pipe()
    child = SPAWN.Process(target=be_a_child, args=(model, sites, 3.0, theirs))
    child.start()
    theirs.close()
    if failure == "Ctrl-C":
        arrived = PLACE if model == "sequential" else len(sites) - 1
        answered = lambda stats: stats["requests"] == arrived + 1 and stats["in_flight"] <= 1
        while not answered(web.stats()):
            time.sleep(0.005)
        time.sleep(0.1)  # until the answers have been read
        os.killpg(child.pid, signal.SIGINT)
    began = time.perf_counter()
    try:
        said = ours.recv()
    except EOFError:
        said = ["-"] * len(sites), None
    seconds = time.perf_counter() - began
    child.join()
    if child.exitcode < 0:
        said = said[0], f"nothing: signal {-child.exitcode}"
    return said, seconds


FAILURES = ["refused", "reset", "stalled", "status 500", "panic", "kill -9", "in the lock", "Ctrl-C"]


def main():
    stage.tell("five sites, one of which fails: number 3\n\nwhat the caller has in its place")
    row = lambda name, values: f"{name:<12}" + "".join(f"{value:>12}" for value in values)
    lost = []
    for failure in FAILURES:
        cells = {model: run(failure, model) for model in MODELS}
        names = {}
        for model, (name, *_) in cells.items():
            names.setdefault(name, []).append(model)
        for i, (name, models) in enumerate(names.items()):
            stage.tell(f"{failure if i == 0 else '':<12}{name:<31}{', '.join(models)}")
        unit = " lost" if failure == "kill -9" else ""  # a worker that was faster than the signal has kept its page
        lost.append(row(failure, [f"{cell[1]}{unit}" for cell in cells.values()]))
    stage.tell("\n".join(["\nlost of the other four", row("", MODELS), *lost]))
    stage.tell("\nhow long until it says so")  # the last failure
    stage.tell(row("Ctrl-C", [f"{cell[2] * 1000:.0f} ms" for cell in cells.values()]))


if __name__ == "__main__":
    stage.show(main)
