"""What a child is given, what it says, and how it ended."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import subprocess
from subprocess import DEVNULL, PIPE, CalledProcessError, Popen


def child(source, *arguments):
    """The command for this very Python, with a program of a line or two."""
    return [sys.executable, "-c", f"import os, sys; {source}", *arguments]


# ANCHOR: ask
def ask(command, **options):
    done = subprocess.run(
        command, stdin=DEVNULL, capture_output=True, text=True, check=True, **options
    )
    return done.stdout.rstrip()
# ANCHOR_END: ask


def what_it_is_given():
    # ANCHOR: given
    stage.tell("its arguments")
    command = child("print('\\n'.join(sys.argv[1:]))", "two words", "*.py; echo $HOME")
    for argument in ask(command).splitlines():
        stage.tell(f"  [{argument}]")
    stage.tell("its surroundings")
    command = child("print(os.environ['GREETING'], os.getcwd(), sep='\\n')")
    for line in ask(command, env=os.environ | {"GREETING": "hello"}, cwd="/").splitlines():
        stage.tell(f"  {line}")
    # ANCHOR_END: given


def how_it_ends():
    # ANCHOR: ends
    stage.tell("how it ends")
    ask(child("pass"))
    stage.tell("  well          returncode 0")

    try:
        ask(child("print('no paper', file=sys.stderr); sys.exit(3)"))
    except CalledProcessError as error:
        stage.tell(f"  badly         returncode {error.returncode}: {error.stderr.strip()}")

    with Popen(child("sys.stdin.read()"), stdin=PIPE) as waiting:
        waiting.kill()
        stage.tell(f"  killed        returncode {waiting.wait()}")

    try:
        ask(["no-such-program"])
    except FileNotFoundError as error:
        stage.tell(f"  never began   FileNotFoundError: {error.strerror}")
    # ANCHOR_END: ends


def main():
    what_it_is_given()
    how_it_ends()


if __name__ == "__main__":
    stage.show(main)
