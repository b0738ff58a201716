"""Counts primes chunk after chunk: the total is the sum of the work."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

from math import isqrt


# ANCHOR: crunch
@stage.instrument
def crunch(numbers):
    return sum(1 for n in numbers if is_prime(n))


def is_prime(n):
    return n >= 2 and all(n % divisor for divisor in range(2, isqrt(n) + 1))
# ANCHOR_END: crunch


# ANCHOR: crunch_all
def crunch_all(chunks):
    return [crunch(chunk) for chunk in chunks]
# ANCHOR_END: crunch_all


if __name__ == "__main__":
    stage.crunch(lambda work: crunch_all(work.chunks))
