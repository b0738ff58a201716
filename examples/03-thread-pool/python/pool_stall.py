"""Jobs that wait for jobs of their own pool: every worker waits, and none is left to work."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import concurrent.futures
import threading
from concurrent.futures import ThreadPoolExecutor

WORKERS = 3
PATIENCE = 1.0


# ANCHOR: wait_inside
def wait_inside(pool, second):
    everyone = threading.Barrier(WORKERS)

    def job(n):
        everyone.wait()  # from here on all workers are taken
        step = second.submit(pow, n, 2)
        try:
            return step.result(PATIENCE)
        # TimeoutError itself, from Python 3.11 on
        except concurrent.futures.TimeoutError:
            return None
        finally:
            # Nobody frees a worker before all have their step or have given up.
            everyone.wait()

    return list(pool.map(job, range(WORKERS)))
# ANCHOR_END: wait_inside


def step_by_step(pool):
    first = pool.map(lambda n: n, range(WORKERS))
    return list(pool.map(lambda n: n**2, first))


def main():
    def tell(way, results):
        stalled = results.count(None)
        stage.tell(f"  {way:<34} {len(results) - stalled} done, {stalled} stalled")

    stage.tell(f"{WORKERS} workers, {WORKERS} jobs of two steps; the second step is")
    with ThreadPoolExecutor(WORKERS) as pool, ThreadPoolExecutor(WORKERS) as second:
        tell("waited for, in the job's own pool", wait_inside(pool, pool))
        tell("waited for, in a second pool", wait_inside(pool, second))
        tell("submitted when the first is done", step_by_step(pool))


if __name__ == "__main__":
    stage.show(main)
