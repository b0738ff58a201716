"""Two threads are at work when the main thread is done: Python waits for the one, and not for the other."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading


# ANCHOR: main
def ordinary():
    threading.main_thread().join()
    stage.tell("ordinary thread: main has returned, and I finish my work")


def daemon():
    threading.Event().wait()  # longer than the process lives
    stage.tell("daemon thread: done")


def main():
    threading.Thread(target=ordinary).start()
    threading.Thread(target=daemon, daemon=True).start()
    stage.tell(f"{threading.active_count() - 1} threads at work, and main returns")
# ANCHOR_END: main


if __name__ == "__main__":
    stage.show(main)
