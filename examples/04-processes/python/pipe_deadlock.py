"""A program and its child, each waiting for the other to empty a pipe."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import threading
from subprocess import DEVNULL, PIPE, Popen

KIB = 1024
PATIENCE = 0.5
PIECE = 4 * 1024
TEXT = b"a" * KIB * 1024
CAPITALS = """
import os
while piece := os.read(0, 8 * 1024):
    text = piece.upper()
    while text:
        text = text[os.write(1, text):]
"""


def start_child():
    command = [sys.executable, "-c", CAPITALS]
    # After Ctrl-C it would tell where it was interrupted.
    return Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, bufsize=0)


# ANCHOR: write_then_read
def write_then_read(child, text, written):
    for at in range(0, len(text), PIECE):
        child.stdin.write(text[at : at + PIECE])
        written.append(PIECE)
    child.stdin.close()  # the child's input ends
    return child.stdout.read()
# ANCHOR_END: write_then_read


# ANCHOR: communicate
def write_while_reading(child, text):
    answer, _ = child.communicate(text)
    return answer
# ANCHOR_END: communicate


def main():
    stage.tell(f"a child is to put {KIB} KiB of text in capitals")
    written = []
    with start_child() as child:
        # Nobody else would end this: neither of the two can go on.
        watch = threading.Timer(PATIENCE, child.kill)
        watch.start()
        try:
            write_then_read(child, TEXT, written)
            came = "all came back"
        except BrokenPipeError:
            came = f"stuck, {len(child.stdout.read()) // 1024} KiB unread; killed"
        watch.cancel()
    stage.tell(f"  write, then read      {sum(written) // 1024:>4} KiB written, {came}")
    with start_child() as child:
        answer = write_while_reading(child, TEXT)
    stage.tell(f"  communicate           {KIB:>4} KiB written, {len(answer) // 1024} KiB came back")


if __name__ == "__main__":
    stage.show(main)
