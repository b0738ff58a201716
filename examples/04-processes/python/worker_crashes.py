"""Ten jobs, one of which ends its worker: what becomes of the other nine, in each of Python's two pools."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from process_pool import end_with_the_parent

# Not "fork": what a pool does with its threads must not be copied.
SPAWN = multiprocessing.get_context("spawn")
PATIENCE = 1.0


# ANCHOR: square
def square(n):
    if n == 2:
        os.abort()  # as a bug in a C extension does
    time.sleep(0.1)
    return n * n
# ANCHOR_END: square


# ANCHOR: with_executor
def with_executor():
    with ProcessPoolExecutor(2, SPAWN, end_with_the_parent) as pool:
        futures = [pool.submit(square, n) for n in range(1, 11)]
        broken = [isinstance(future.exception(), BrokenProcessPool) for future in futures]
        stage.tell(f"  {sum(broken)} lost of 10 jobs, by one of them")
        try:
            pool.submit(square, 1)
        except BrokenProcessPool:
            stage.tell("  the next submit: BrokenProcessPool")
# ANCHOR_END: with_executor


# ANCHOR: with_pool
def with_pool():
    with SPAWN.Pool(2, end_with_the_parent) as pool:
        results = [pool.apply_async(square, (n,)) for n in range(1, 11)]
        for result in results[:1] + results[2:]:
            result.get(timeout=30)
        stage.tell("  9 of 10 are there, and 2 workers again")
        try:
            results[1].get(timeout=PATIENCE)
        except multiprocessing.TimeoutError:
            stage.tell("  the second is neither there nor lost: nobody will ever say")
# ANCHOR_END: with_pool


def main():
    stage.tell("ProcessPoolExecutor")
    with_executor()
    stage.tell("multiprocessing.Pool")
    with_pool()


if __name__ == "__main__":
    stage.show(main)
