"""Runs any command and says how much of its time was work for a CPU. POSIX only, as the resource module is."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import contextlib
import resource
import subprocess
import time

HELP = """Runs a command, then says whether it was waiting or working

usage: waiting_or_working COMMAND [ARGS]..."""


# ANCHOR: measure
def measure(command):
    """How the command ended, and its wall time and CPU time in seconds."""
    began = time.perf_counter()
    status = subprocess.run(command).returncode
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return status, wall, used.ru_utime + used.ru_stime
# ANCHOR_END: measure


def verdict(wall, cpu):
    busy = cpu / wall
    if busy < 0.1:
        verdict = "waiting: I/O-bound, or asleep"
    elif busy < 0.9:
        verdict = "some of both"
    elif busy < 1.1:
        verdict = "working: CPU-bound, on one core"
    else:
        verdict = "working: CPU-bound, on more than one core"
    return f"wall {wall:.3f} s   CPU {cpu:.3f} s   {busy * 100:.0f} % of one core\n{bar(busy)} {verdict}"


def bar(busy):
    """Forty columns for the wall time: filled to the share in which a core was busy."""
    solid = sum(column + 0.5 < busy * 40 for column in range(40))
    return "█" * solid + "░" * (40 - solid)


def main(arguments):
    if arguments[:1] in (["-h"], ["--help"]):
        with contextlib.suppress(OSError):
            stage.tell(HELP)
        return 0
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        stage.fail("say which command to run: COMMAND [ARGS]... (try --help)")
    try:
        status, wall, cpu = measure(command)
    except OSError as error:
        # The codes that shells use: not found, or found and not to be run.
        code = 127 if isinstance(error, FileNotFoundError) else 126
        stage.fail(f"cannot run {command[0]}: {error.strerror}", code)
    stage.tell_aside(verdict(wall, cpu))
    # Killed by a signal, the status is its number, negative.
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
