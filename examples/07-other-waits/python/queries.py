"""The same queries with a larger and larger pool of connections: SQLite, a connection for each thread."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

WAIT, ROWS = 0.02, 5_000
STEPS = [1, 2, 4, 8, 16, 32]
COUNT = """WITH RECURSIVE numbers(n) AS (
    SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < CAST(? AS double precision)
) SELECT count(*) FROM numbers"""

# ANCHOR: query_all
mine = threading.local()  # a connection for each thread: none of them is shared


def connect(path):
    # Without mode=rw a misspelt path would be a new and empty database.
    mine.connection = sqlite3.connect(f"file:{path}?mode=rw", timeout=5, uri=True)
    mine.connection.create_function("pg_sleep", 1, time.sleep)


def query_one(query):
    text, number = query
    began = time.perf_counter()
    try:
        mine.connection.execute(text, (number,)).fetchall()
        return time.perf_counter() - began
    except sqlite3.Error as error:
        return error  # it must not lose the others


def query_all(pool, queries):
    """One result for each query, in their order: how long it took, or why not."""
    return list(pool.map(query_one, queries))
# ANCHOR_END: query_all


def measure(path, size, query):
    with ThreadPoolExecutor(size, initializer=connect, initargs=(path,)) as pool:
        # Every thread there, and its connection open, before the clock starts.
        everyone = threading.Barrier(size)
        list(pool.map(lambda _: everyone.wait(), range(size)))
        began = time.perf_counter()
        results = query_all(pool, [query] * max(40, 5 * size))
        return time.perf_counter() - began, results


def show_steps(path, query):
    stage.tell("   pool  throughput X    latency W       X × W")
    for size in STEPS:
        wall, results = measure(path, size, query)
        latencies = [result for result in results if isinstance(result, float)]
        lost = [result for result in results if not isinstance(result, float)]
        if not latencies:
            stage.fail(f"with {size} connections no query was answered: {lost[0]}")
        mean = sum(latencies) / len(latencies)
        stage.tell(
            f"{size:>7}{len(latencies) / wall:>13.0f} /s{mean * 1000:>10.1f} ms{sum(latencies) / wall:>7.1f} busy"
        )
        if lost:
            stage.tell(f"        {len(lost)} lost, the first: {lost[0]}")


def main():
    with tempfile.TemporaryDirectory() as folder:

        def interrupted(*_):
            """What the stage does ends the process in its tracks, and no folder would be removed."""
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(130)

        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, interrupted)
        path = os.path.join(folder, "notes.db")
        creator = sqlite3.connect(path)
        creator.execute("PRAGMA journal_mode = wal")
        creator.close()
        stage.tell("SQLite, a thread for each connection")
        stage.tell(f"\nqueries that wait {WAIT * 1000:.0f} ms")
        show_steps(path, ("SELECT pg_sleep(?)", WAIT))
        stage.tell(f"\nqueries that count {ROWS} rows")
        show_steps(path, (COUNT, ROWS))


if __name__ == "__main__":
    stage.show(main)
