"""What a thread costs, and what happens when there is none left to have."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import subprocess
import threading
import time

THREADS = 1000
UNTIL_REFUSED = "WHILE_YOU_WAIT_UNTIL_REFUSED"  # set for the process that has the limit


# ANCHOR: gather
def gather(wanted):
    """The threads that can be had, how to end them, and why the next one was refused."""
    door, threads = threading.Event(), []
    for _ in range(wanted):
        thread = threading.Thread(target=door.wait)
        try:
            thread.start()  # returns when the thread is running
        except RuntimeError as refused:
            return threads, door, refused
        threads.append(thread)
    return threads, door, None
# ANCHOR_END: gather


def dismiss(threads, door):
    door.set()
    for thread in threads:
        thread.join()


def measure():
    began = time.perf_counter()
    for _ in range(THREADS):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    each = (time.perf_counter() - began) / THREADS
    stage.tell(f"{THREADS} threads, begun and joined one at a time")
    stage.tell(f"  time             {each * 1e6:6.0f} µs each")

    before = memory()
    threads, door, refused = gather(THREADS)
    after = memory()
    dismiss(threads, door)
    if refused:
        stage.fail(f"{len(threads)} threads, and then: {refused}")
    stage.tell(f"{THREADS} threads that wait, all at once")
    for what, field in (("resident memory", "VmRSS"), ("address space", "VmSize")):
        if field in before:  # told by Linux only
            each = (after[field] - before[field]) / THREADS
            stage.tell(f"  {what:<16} {each:6.0f} KiB each")


def memory():
    """What Linux says of this process, in KiB."""
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            fields = [line.split() for line in status]
    except OSError:
        return {}
    return {words[0].rstrip(":"): int(words[1]) for words in fields if words[-1] == "kB"}


def until_refused():
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    threading.stack_size(256 << 20)
    threads, door, refused = gather(5000)
    stage.tell(f"  {len(threads)} threads have begun")
    stage.tell(f"  the next one: {refused!r}")
    dismiss(threads, door)
    stage.tell(f"  {len(threads)} threads have ended")


def in_a_process_with_a_limit():
    if sys.platform != "linux":
        stage.tell("5000 threads, until one is refused: shown on Linux only")
        return
    stage.tell("5000 threads, where address space ends at 4 GiB and a stack has 256 MiB")
    # glibc would set aside address space for each thread's small allocations, too.
    environment = os.environ | {"MALLOC_ARENA_MAX": "1", UNTIL_REFUSED: "1"}
    child = subprocess.run([sys.executable, __file__], env=environment)
    if child.returncode != 0:
        sys.exit(child.returncode)


def main():
    if UNTIL_REFUSED in os.environ:
        until_refused()
        return
    measure()
    in_a_process_with_a_limit()


if __name__ == "__main__":
    stage.show(main)
