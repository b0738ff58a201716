"""Counts primes, each chunk on a thread of its own: under a GIL the threads take turns."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
sys.path.insert(1, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading

from sequential_crunch import crunch


# ANCHOR: crunch_all
def crunch_all(chunks):
    counts = [None] * len(chunks)

    def crunch_into(i, chunk):
        counts[i] = crunch(chunk)

    threads = [
        threading.Thread(target=crunch_into, args=(i, chunk))
        for i, chunk in enumerate(chunks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts
# ANCHOR_END: crunch_all


if __name__ == "__main__":
    stage.crunch(lambda work: crunch_all(work.chunks))
