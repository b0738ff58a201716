"""What a round trip costs, by how much is sent: a process or a thread for each job, or a pool of either."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import contextlib
import multiprocessing
import statistics
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

SIZES = [1, 4 << 10, 64 << 10, 1 << 20, 16 << 20]
ENOUGH = 0.06  # how long a cell of the table may take, once it has its three trips

# Neither is a copy of this process; the server starts once, and each worker is a copy of it.
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
CONTEXT = multiprocessing.get_context(METHOD)

# A helper of multiprocessing would complain of what Ctrl-C leaves to it to clean up.
os.environ["PYTHONWARNINGS"] = "ignore::UserWarning"


# ANCHOR: ways
def echo(payload):
    return payload


def echo_once(pipe, payload):
    with contextlib.suppress(BrokenPipeError):  # nobody may be waiting any more
        pipe.send(echo(payload))


def by_new_process(payload):
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=echo_once, args=(there, payload))
    process.start()
    there.close()
    back = here.recv()
    process.join()
    return back


def by_pool(pool, payload):
    return pool.submit(echo, payload).result()
# ANCHOR_END: ways


def by_new_thread(payload):
    results = []
    thread = threading.Thread(target=lambda: results.append(echo(payload)))
    thread.start()
    thread.join()
    return results[0]


# Not that of process_pool: each child imports what this program imports, and its start is timed.
def end_with_the_parent():
    """In a worker: it would wait for its next job for ever if the program ended without saying so."""

    def wait():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def measure(way, payload, most):
    """The times of that many round trips, or as many as fit, in ascending order; in microseconds."""
    began = time.perf_counter()
    times = []
    while len(times) < 3 or len(times) < most and time.perf_counter() - began < ENOUGH:
        sent = time.perf_counter()
        back = way(payload)
        times.append((time.perf_counter() - sent) * 1e6)
        if back != payload:
            raise OSError("what came back is not what was sent")
    return sorted(times)


def size(count):
    for shift, unit in ((20, "MiB"), (10, "KiB")):
        if count >= 1 << shift:
            return f"{count >> shift} {unit}"
    return f"{count} B"


def cell(times):
    low, median, high = statistics.quantiles(times, n=4, method="inclusive")
    return f"{median:>7.0f} µs ± {(high - low) / 2 / median * 100:>2.0f} %"


def main():
    stage.tell("there and back: the median, and half of the trips within ±\n")
    stage.tell("          a process each     process pool    a thread each      thread pool")
    with (
        ProcessPoolExecutor(1, mp_context=CONTEXT, initializer=end_with_the_parent) as processes,
        ThreadPoolExecutor(1) as threads,
    ):
        ways = [
            by_new_process,
            lambda payload: by_pool(processes, payload),
            by_new_thread,
            lambda payload: by_pool(threads, payload),
        ]
        for way in ways:
            way(b"")  # the pools start their workers, and the server starts
        for count in SIZES:
            payload = os.urandom(count)
            cells = "".join(cell(measure(way, payload, 21)) for way in ways)
            stage.tell(f"{size(count):>7}{cells}")


if __name__ == "__main__":
    stage.show(main)
