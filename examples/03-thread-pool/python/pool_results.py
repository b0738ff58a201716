"""A job that raises: map gives up at it, a future keeps it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading
from concurrent.futures import ThreadPoolExecutor

TEXTS = ["1", "2", "three", "4", "5"]


def parse(text):
    return int(text) * 2


# ANCHOR: with_map
def with_map(pool):
    results = pool.map(parse, TEXTS)
    try:
        for result in results:
            stage.tell(f"map: {result}")
    except ValueError as error:
        stage.tell(f"map: ValueError: {error}")
    # The jobs behind it have run, or are cancelled: either way their results are lost.
    stage.tell(f"map: {len(list(results))} results after that")
# ANCHOR_END: with_map


# ANCHOR: with_futures
def with_futures(pool):
    futures = [pool.submit(parse, text) for text in TEXTS]
    for future in futures:
        error = future.exception()
        stage.tell(f"future: {future.result() if error is None else repr(error)}")
# ANCHOR_END: with_futures


def main():
    with ThreadPoolExecutor(2) as pool:
        with_map(pool)
        with_futures(pool)
        # Passed only by two jobs at once, and so by two workers.
        both = threading.Barrier(2)
        met = list(pool.map(lambda _: both.wait(), range(2)))
        stage.tell(f"{len(met)} workers are still there")

        done = []
        for n in range(100):
            pool.submit(done.append, n)
    stage.tell(f"{len(done)} of 100 jobs ran before with ended")


if __name__ == "__main__":
    stage.show(main)
