"""Who waits for whom in SQLite, and what a transaction costs."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import contextlib
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

LARGE = 4_000_000
THREADS = 4
ENTRIES = 50
# Python's own way to begin, and the two of SQL.
BEGINS = (None, "BEGIN DEFERRED", "BEGIN IMMEDIATE")


# ANCHOR: open
def open_(path, patience, begin="BEGIN IMMEDIATE"):
    # By default the module begins a transaction by itself, before an INSERT, UPDATE or
    # DELETE, and not before a SELECT. With None, it leaves that to us.
    level = "" if begin is None else None
    return sqlite3.connect(path, timeout=patience, isolation_level=level)


def create(path, journal):
    connection = open_(path, 5.0)
    if journal == "WAL":
        connection.execute("PRAGMA journal_mode = wal")
    connection.executescript(
        "CREATE TABLE entry (body BLOB NOT NULL);"
        "CREATE TABLE counter (n INTEGER NOT NULL);"
        "INSERT INTO counter VALUES (0);"
    )
    return connection
# ANCHOR_END: open


def insert(connection, size):
    connection.execute("INSERT INTO entry VALUES (zeroblob(?))", (size,))


def entries(connection):
    return connection.execute("SELECT count(*) FROM entry").fetchone()[0]


def counter(connection):
    return connection.execute("SELECT n FROM counter").fetchone()[0]


def begin_(connection, begin):
    if begin is not None:
        connection.execute(begin)


def named(function, *arguments):
    """What became of it: SQLite's own name where it failed."""
    try:
        function(*arguments)
        return "done"
    except sqlite3.OperationalError as error:
        return error.sqlite_errorname.removeprefix("SQLITE_")


def two(path, begin="BEGIN IMMEDIATE", patience=0.0):
    both = open_(path, patience, begin), open_(path, 0.0, begin)
    return (contextlib.closing(connection) for connection in both)


def read_beside_a_writer(path, size):
    first, second = two(path)
    with first as writer, second as reader:
        writer.execute("BEGIN IMMEDIATE")
        insert(writer, size)
        outcome = named(entries, reader)
    return "as before" if outcome == "done" else outcome


def commit_beside_a_reader(path):
    first, second = two(path)
    with first as writer, second as reader:
        reader.execute("BEGIN")
        entries(reader)
        writer.execute("BEGIN IMMEDIATE")
        insert(writer, 1)
        return named(writer.commit)


def write_beside_a_writer(path):
    first, second = two(path)
    with first as one, second as other:
        one.execute("BEGIN IMMEDIATE")
        insert(one, 1)
        return named(insert, other, 1)


# ANCHOR: add_one
def add_one(connection, begin):
    with connection:  # commits, or rolls back; it does not begin, and does not close
        if begin is not None:
            connection.execute(begin)
        n = counter(connection)
        connection.execute("UPDATE counter SET n = ?", (n + 1,))
# ANCHOR_END: add_one


def add_one_twice(path, begin):
    """What becomes of both, and how many additions are in the counter."""
    first, second = two(path, begin, patience=60.0)
    with first as one, second as other:
        before = counter(one)
        begin_(one, begin)
        n = counter(one)
        of_other = named(add_one, other, begin)

        def write():
            one.execute("UPDATE counter SET n = ?", (n + 1,))
            one.commit()

        of_one = named(write)
        one.rollback()
        return of_one, of_other, counter(one) - before


# ANCHOR: count_up
def count_up(path, threads, each, begin):
    def count(_):
        done = busy = 0
        with contextlib.closing(open_(path, 60.0, begin)) as connection:
            for _ in range(each):
                try:
                    add_one(connection, begin)
                    done += 1
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                        raise
                    busy += 1
        return done, busy

    with ThreadPoolExecutor(threads) as pool:
        return [sum(counts) for counts in zip(*pool.map(count, range(threads)))]
# ANCHOR_END: count_up


def insert_each(connection, n):
    for _ in range(n):
        insert(connection, 100)


def insert_together(connection, n):
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        insert_each(connection, n)


def timed(function, *arguments):
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


# ANCHOR: another_thread
def from_another_thread(connection):
    with ThreadPoolExecutor(1) as pool:
        return type(pool.submit(entries, connection).exception()).__name__
# ANCHOR_END: another_thread


def show_who_waits(files):
    def show(what, function, *arguments):
        cells = "".join(f"{function(path, *arguments):>18}" for path in files)
        stage.tell(f"  {what:<40}{cells}")

    stage.tell(f"{'while another connection ...':<42}{'rollback journal':>18}{'WAL':>18}")
    show("... writes a little: read", read_beside_a_writer, 1)
    show("... writes 4 MB: read", read_beside_a_writer, LARGE)
    show("... reads: commit", commit_beside_a_reader)
    show("... writes: write, and do not wait", write_beside_a_writer)
    stage.tell("both read a number, then both write one more")
    for begin in BEGINS:
        both = [add_one_twice(path, begin) for path in files]
        name = begin or "by itself"
        for which, of in ((0, "the first to read"), (1, "the other")):
            cells = "".join(f"{outcome[which]:>18}" for outcome in both)
            stage.tell(f"  {name + ': ' + of:<40}{cells}")
        cells = "".join(f"{outcome[2]:>18}" for outcome in both)
        stage.tell(f"  {name + ': how much more there is':<40}{cells}")


def show_counting(folder):
    stage.tell(f"\n25 times one more, on each of {THREADS} threads, WAL")
    for begin in BEGINS:
        name = begin or "by itself"
        path = os.path.join(folder, f"{name}.db")
        with contextlib.closing(create(path, "WAL")) as connection:
            done, busy = count_up(path, THREADS, 25, begin)
            lost = done - counter(connection)
        stage.tell(f"  {name + ':':<17}{busy:>4} busy, {lost:>2} lost")


def show_batches(folder):
    stage.tell(f"\n{ENTRIES} entries, one commit for ...               ... each      ... all")
    for journal, synchronous in (
        ("rollback journal", "full"),
        ("WAL", "full"),
        ("WAL", "normal"),
        ("WAL", "off"),
    ):
        name = f"{journal}, synchronous = {synchronous}"
        path = os.path.join(folder, f"{name}.db")
        with contextlib.closing(create(path, journal)) as connection:
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            each = timed(insert_each, connection, ENTRIES) * 1_000
            together = timed(insert_together, connection, ENTRIES) * 1_000
        ratio = each / together
        cells = f"{each:>11.1f} ms{together:>11.1f} ms{ratio:>7.0f} times"
        stage.tell(f"  {name:<37}{cells}")


def main():
    with tempfile.TemporaryDirectory(prefix="while-you-wait-") as folder:
        files = []
        for journal in ("rollback journal", "WAL"):
            files.append(os.path.join(folder, f"{journal}.db"))
            create(files[-1], journal).close()
        show_who_waits(files)
        show_counting(folder)
        show_batches(folder)
        with contextlib.closing(open_(files[0], 0.0)) as connection:
            error = from_another_thread(connection)
        stage.tell(f"\na connection that another thread made: {error}")


if __name__ == "__main__":
    stage.show(main)
