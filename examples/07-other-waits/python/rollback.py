"""A transfer of money that is ended half-way, and what is in the accounts then."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import contextlib
import multiprocessing
import sqlite3
import tempfile
import threading

ORDER = (0, 1, 30)
LIMIT = 0.05


def open_(path):
    # None: transactions are ours to begin. A lock that was left behind is an error at once.
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def set_up(connection):
    connection.executescript(
        "DROP TABLE IF EXISTS account;"
        "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
        "INSERT INTO account VALUES (0, 100), (1, 100);"
    )


def add(connection, account, amount):
    sql = "UPDATE account SET balance = balance + ? WHERE id = ?"
    connection.execute(sql, (amount, account))


# ANCHOR: transfer
async def transfer(connection, order, approval):
    source, target, amount = order
    with connection:  # at an exception, and CancelledError is one, it rolls back
        connection.execute("BEGIN IMMEDIATE")
        add(connection, source, -amount)
        await approval
        add(connection, target, amount)
# ANCHOR_END: transfer


async def without_with(connection, order, approval):
    source, target, amount = order
    connection.execute("BEGIN IMMEDIATE")
    add(connection, source, -amount)
    await approval
    add(connection, target, amount)
    connection.commit()


def transfer_blocking(connection, order, approval):
    source, target, amount = order
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        add(connection, source, -amount)
        approval.wait()
        add(connection, target, amount)


async def given_up(aw):
    try:
        async with asyncio.timeout(LIMIT):
            await aw
        return "done"
    except TimeoutError:
        return "given up"


async def by_timeout(connection, path):
    return await given_up(transfer(connection, ORDER, asyncio.Event().wait()))


async def by_cancel(connection, path):
    half_way = asyncio.Event()

    async def approval():
        half_way.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(transfer(connection, ORDER, approval()))
    await half_way.wait()
    task.cancel()
    await asyncio.wait([task])
    return "cancelled" if task.cancelled() else "done"


async def by_exception(connection, path):
    async def approval():
        raise ZeroDivisionError

    try:
        await transfer(connection, ORDER, approval())
        return "done"
    except ZeroDivisionError:
        return "raised"


def be_killed(path, pipe):
    async def approval():
        pipe.send("half-way")
        with contextlib.suppress(EOFError):
            pipe.recv()  # until we are killed, or whoever started us is gone
        os._exit(3)

    asyncio.run(transfer(open_(path), ORDER, approval()))


async def by_kill(connection, path):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=be_killed, args=(path, theirs))
    process.start()
    theirs.close()
    ours.recv()
    process.kill()
    process.join()
    return "nothing"


async def by_to_thread(connection, path):
    approved, ended = threading.Event(), threading.Event()

    def job():
        transfer_blocking(connection, ORDER, approved)
        ended.set()

    said = await given_up(asyncio.to_thread(job))
    approved.set()
    await asyncio.to_thread(ended.wait)
    return said


async def without_a_with(connection, path):
    return await given_up(without_with(connection, ORDER, asyncio.Event().wait()))


def ready():
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future


async def show(what, way, path):
    with contextlib.closing(open_(path)) as connection:
        set_up(connection)
        said = await way(connection, path)
        rows = connection.execute("SELECT balance FROM account ORDER BY id").fetchall()
        a, b = (balance for (balance,) in rows)
        try:
            with contextlib.closing(open_(path)) as another:
                await transfer(another, ORDER, ready())
            following = "done"
        except sqlite3.OperationalError as error:
            following = str(error)
    stage.tell(f"  {what:<33}{said:<10}{a:>5}{b:>5}{a + b:>5}  {following}")


async def nothing(connection, path):
    await transfer(connection, ORDER, ready())
    return "done"


async def run(path):
    stage.tell("two accounts with 100 each, and 30 on the way from A to B\n")
    head = f"{'ended half-way by':<35}{'it says':<10}"
    stage.tell(f"{head}{'A':>5}{'B':>5}{'sum':>5}  a second one")
    for what, way in (
        ("nothing", nothing),
        ("timeout", by_timeout),
        ("the cancelling of its task", by_cancel),
        ("an exception", by_exception),
        ("kill -9 of its process", by_kill),
        ("timeout around to_thread", by_to_thread),
        ("timeout, and there is no `with`", without_a_with),
    ):
        await show(what, way, path)


def main():
    with tempfile.TemporaryDirectory(prefix="while-you-wait-") as folder:
        asyncio.run(run(os.path.join(folder, "bank.db")))


if __name__ == "__main__":
    stage.show(main)
