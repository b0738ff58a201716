"""What values are on their way to another process: how many bytes, and what is lost."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import pickle
import threading
import time


# ANCHOR: cross
def cross(value):
    """What a value is on its way to another process, and what is made of that there."""
    data = pickle.dumps(value, protocol=5)
    return data, pickle.loads(data)
# ANCHOR_END: cross


def row(name, value):
    data, there = cross(value)
    assert there == value, name
    stage.tell(f"{name:<30}{len(data):>8} bytes")


def identity():
    """One list in two places: within one message, and in two."""
    shared = [1.5] * 1000
    _, (left, right) = cross((shared, shared))
    stage.tell(f"\none list in two places arrives as one: {left is right}")
    (_, left), (_, right) = cross(shared), cross(shared)
    stage.tell(f"one list in two messages arrives as one: {left is right}")


twice = lambda number: 2 * number  # pickle asks for a name that it can look up


def refused():
    with open(__file__, encoding="utf-8") as file:
        for name, value in [("a lambda", twice), ("an open file", file), ("a lock", threading.Lock())]:
            try:
                cross(value)
                stage.tell(f"{name} crosses")
            except Exception as error:
                stage.tell(f"{name}: {type(error).__name__}")


# ANCHOR: trusting
class Surprise:
    """What reads this calls a function of the writer's choice."""

    def __reduce__(self):
        return stage.tell, ("this line was printed by pickle.loads",)
# ANCHOR_END: trusting


def speed():
    """The same 16 MiB, as a list of numbers and as bytes: the shortest of three runs."""
    stage.tell("\n16 MiB, written and read again")
    data = bytes([7]) * (16 << 20)
    for name, value in [("a list", list(data)), ("bytes", data)]:
        times = []
        for _ in range(3):
            began = time.perf_counter()
            cross(value)
            times.append((time.perf_counter() - began) * 1000)
        stage.tell(f"  as {name:<10}{min(times):>8.1f} ms")


def main():
    row("5", 5)
    row("2**64 - 1", 2**64 - 1)
    row('"über"', "über")
    row("a Page", stage.Page("http://127.0.0.1/site-1", 200, 1234, 0.12))
    row("1000 times 1.5, a list", [1.5] * 1000)
    row("1000 times 7, bytes", bytes([7]) * 1000)
    shared = [1.5] * 1000
    row("one list in two places", (shared, shared))
    identity()
    speed()
    stage.tell("")
    refused()
    cross(Surprise())


if __name__ == "__main__":
    stage.show(main)
