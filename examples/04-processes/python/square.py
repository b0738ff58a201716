"""Squares ten numbers in worker processes, by both of the pools of the standard library."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool


# ANCHOR: square
def square(n):
    return n * n


def main():
    with Pool(2) as pool:
        stage.tell(str(pool.map(square, range(10))))
    with ProcessPoolExecutor(2) as pool:
        stage.tell(str(list(pool.map(square, range(10)))))


if __name__ == "__main__":
    stage.show(main)
# ANCHOR_END: square
