"""How children end, and what is left of them where nobody waits."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import time
import warnings
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired

WAIT = [sys.executable, "-c", "import sys; sys.stdin.read()"]


# ANCHOR: state
def state(pid):
    if sys.platform != "linux":
        return "Unknown"
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return "Gone"
    return "Zombie" if text.rsplit(") ")[-1][0] in "ZX" else "Alive"
# ANCHOR_END: state


def until_it_ends(pid, pipe):
    pipe.read()  # its end of the pipe is closed by its end, or a moment before
    patience = time.monotonic() + 10
    while state(pid) == "Alive" and time.monotonic() < patience:
        time.sleep(0.001)
    return state(pid)


def nobody_waits():
    # ANCHOR: zombie
    stage.tell("a child that has ended")
    child = Popen(WAIT, stdin=PIPE, stdout=PIPE)
    child.stdin.close()  # its input ends, and so does the child
    stage.tell(f"  before wait()               {until_it_ends(child.pid, child.stdout)}")
    child.wait()
    stage.tell(f"  after wait()                {state(child.pid)}")
    # ANCHOR_END: zombie


def dropped():
    # ANCHOR: dropped
    stage.tell("a child whose object is deleted")
    child = Popen(WAIT, stdin=PIPE, stdout=PIPE)
    pid, to, pipe = child.pid, child.stdin, child.stdout
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        del child
    stage.tell(f"  its state                   {state(pid)}, {said[0].category.__name__}")
    to.close()
    stage.tell(f"  the same, when it has ended {until_it_ends(pid, pipe)}")
    Popen(WAIT, stdin=PIPE).communicate()
    stage.tell(f"  after the next Popen        {state(pid)}")
    # ANCHOR_END: dropped


def overdue():
    # ANCHOR: overdue
    stage.tell("a child that does not end in time")
    child = Popen(WAIT, stdin=PIPE)
    try:
        child.wait(timeout=0.1)
    except TimeoutExpired:
        stage.tell("  wait(timeout=0.1)           TimeoutExpired")
    child.kill()
    stage.tell(f"  kill, then wait             returncode {child.wait()}")
    # ANCHOR_END: overdue


def main():
    nobody_waits()
    dropped()
    overdue()


if __name__ == "__main__":
    stage.show(main)
