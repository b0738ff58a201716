"""A transfer that fails half way, and what the next thread finds."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading


class Accounts:
    """Two accounts behind one lock. Their total stays the same, or something is wrong."""

    def __init__(self, first, second):
        self.first = first
        self.second = second
        self.lock = threading.Lock()

    def __str__(self):
        return f"{self.first} and {self.second}, {self.first + self.second} in all"


# ANCHOR: transfer
def transfer(accounts, amount):
    """Moves `amount` from the first account to the second, and checks half way."""
    with accounts.lock:
        accounts.first -= amount
        if accounts.first < 0:
            raise ValueError("the first account is overdrawn")
        accounts.second += amount
# ANCHOR_END: transfer


def transfer_at_once(accounts, amount):
    """Moves `amount` from the first account to the second: all of it, or nothing."""
    with accounts.lock:
        first = accounts.first - amount
        if first < 0:
            raise ValueError("the first account is overdrawn")
        accounts.first, accounts.second = first, accounts.second + amount


def in_a_thread(function, *args):
    """What became of a transfer on a thread of its own."""
    outcome = []

    def run():
        try:
            function(*args)
            outcome.append("done")
        except ValueError as error:
            outcome.append(f"raised: {error}")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return outcome[0]


def main():
    for title, function in [
        ("a transfer that checks half way", transfer),
        ("a transfer that changes both accounts at once", transfer_at_once),
    ]:
        stage.tell(title)
        accounts = Accounts(100, 100)
        for amount in (150, 10, 10) if function is transfer else (150, 10):
            stage.tell(f"  move {amount}: {in_a_thread(function, accounts, amount)}")
        stage.tell(f"  behind the lock: {accounts}")


if __name__ == "__main__":
    stage.show(main)
