"""Counts primes with worker processes."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

from concurrent.futures import as_completed

from process_pool import start
from sequential_crunch import crunch


# ANCHOR: crunch_all
def crunch_alone(chunk):
    return stage.in_a_worker(crunch, chunk)


def crunch_all(pool, chunks):
    futures = {pool.submit(crunch_alone, chunk): chunk for chunk in chunks}
    for future in as_completed(futures):
        stage.has_arrived("crunch", futures[future], future.result())
    return [future.result().outcome for future in futures]
# ANCHOR_END: crunch_all


if __name__ == "__main__":
    stage.crunch(
        lambda work, pool: crunch_all(pool, work.chunks),
        prepare=lambda work: start(work.workers or 2),
    )
