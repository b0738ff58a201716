"""A fast producer and a late consumer, with queues of two sizes between them."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import queue
import threading

MESSAGES = 256
SIZE = 256 * 1024


# ANCHOR: produce
def produce(messages, size, q, ready):
    """Sends the messages. How often it had to wait for room."""
    waits = 0
    for _ in range(messages):
        message = b"\1" * size
        try:
            q.put_nowait(message)
        except queue.Full:
            waits += 1
            ready.set()
            q.put(message)
    q.put(None)  # the end: a queue has none of its own
    ready.set()
    return waits
# ANCHOR_END: produce


def drain(q):
    """Receives to the end. The longest that the queue was."""
    peak = q.qsize()
    while q.get() is not None:
        peak = max(peak, q.qsize())
    return peak


def hand_over(messages, size, q):
    """The consumer starts when the queue is full, or when all is sent."""
    before = resident()
    ready, waits = threading.Event(), []
    producer = threading.Thread(target=lambda: waits.append(produce(messages, size, q, ready)))
    producer.start()
    ready.wait()
    growth = None if before is None else max(0, resident() - before)
    peak = drain(q)
    producer.join()
    return peak, growth, waits[0]


def resident():
    """The memory of this process that is in RAM, in bytes; None where there is no /proc."""
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
    except (OSError, StopIteration):
        return None
    return int(line.split()[1]) * 1024


def row(name, q):
    peak, growth, waits = hand_over(MESSAGES, SIZE, q)
    growth = "not known here" if growth is None else f"{growth / 2**20:.1f} MiB"
    return f"{name:<17}{peak:>4} messages   {growth:>14}   {waits:>9} times"


def main():
    stage.tell(f"{MESSAGES} messages, {SIZE // 1024} KiB each, and one to say that it is over")
    stage.tell("")
    stage.tell("                 longest queue   memory grew by   producer waited")
    stage.tell(row("Queue()", queue.Queue()))
    stage.tell(row("Queue(maxsize=4)", queue.Queue(maxsize=4)))
    stage.tell(row("Queue(maxsize=0)", queue.Queue(maxsize=0)))


if __name__ == "__main__":
    stage.show(main)
