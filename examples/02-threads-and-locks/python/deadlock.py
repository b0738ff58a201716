"""Two transfers that wait for each other, and the same two in one order of the locks."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading
import time

DEADLINE = 0.5
TRANSFERS = 10_000


class Account:
    def __init__(self, number, balance):
        self.number = number
        self.balance = balance
        self.lock = threading.Lock()


# ANCHOR: transfer
def transfer(payer, payee, amount, holding_one):
    """Locks the account that pays, then the one that is paid."""
    with payer.lock:
        holding_one()
        with payee.lock:
            payer.balance -= amount
            payee.balance += amount
# ANCHOR_END: transfer


def transfer_in_order(payer, payee, amount):
    """Locks the account with the lower number first, whichever pays."""
    if payer is payee:
        return  # With one lock to take twice, this thread would wait for itself.
    first, second = sorted([payer, payee], key=lambda account: account.number)
    with first.lock, second.lock:
        payer.balance -= amount
        payee.balance += amount


# ANCHOR: cross
def cross(a, b):
    """A transfer each way. Each has one account before either asks for the other."""
    barrier = threading.Barrier(2)
    transfers = [
        # As daemons: Python would wait for other threads before it ends.
        threading.Thread(target=transfer, args=(*pair, 10, barrier.wait), daemon=True)
        for pair in [(a, b), (b, a)]
    ]
    for thread in transfers:
        thread.start()
    return transfers
# ANCHOR_END: cross


def both_ways(a, b, n):
    """Makes `n` transfers each way at the same time, in the one order of the accounts."""

    def one_way(payer, payee):
        for _ in range(n):
            transfer_in_order(payer, payee, 10)

    threads = [threading.Thread(target=one_way, args=pair) for pair in [(a, b), (b, a)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def watch():
    a, b = Account(1, 100), Account(2, 100)
    transfers = cross(a, b)
    deadline = time.monotonic() + DEADLINE
    for thread in transfers:
        thread.join(max(0, deadline - time.monotonic()))
    done = sum(not thread.is_alive() for thread in transfers)
    stage.tell(f"  {DEADLINE * 1000:.0f} ms later: {done or 'none'} is done")
    for account in (a, b):
        if account.lock.locked():
            stage.tell(f"  account {account.number} is still locked")


def main():
    stage.tell("the account that pays is locked first")
    watch()
    a, b = Account(1, 100), Account(2, 100)
    both_ways(a, b, TRANSFERS)
    stage.tell("the account with the lower number is locked first")
    stage.tell(f"  {TRANSFERS} transfers each way: done")
    stage.tell(f"  balances {a.balance} and {b.balance}")


if __name__ == "__main__":
    stage.show(main)
