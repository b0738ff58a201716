"""A file is replaced whole, or not at all."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import contextlib
import shutil
import signal
import tempfile
from pathlib import Path

OLD, NEW, ROOM = 40_000, 60_000, 32 << 10


def write_in_place(path, contents):
    with open(path, "wb") as file:  # from here on, the old contents are gone
        file.write(contents)


# ANCHOR: replace
def replace(path, contents):
    folder = os.path.dirname(path) or "."
    descriptor, new = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with open(descriptor, "wb") as file:
            file.write(contents)
            file.flush()  # out of Python's buffer ...
            if os.path.exists(path):
                shutil.copymode(path, new)
            os.fsync(file.fileno())  # ... and out of the system's
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise
    if os.name == "posix":  # Windows lets nobody open a folder for this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
# ANCHOR_END: replace


@contextlib.contextmanager
def scratch():
    """A folder that is gone at the end, and after Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="while-you-wait-") as folder:

        def interrupted(*_):
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(130)

        if signal.getsignal(signal.SIGINT) is stage.interrupted:
            signal.signal(signal.SIGINT, interrupted)
        yield folder


@contextlib.contextmanager
def room_for(length):
    """As on a full disk: no file can be longer. Python ignores the signal, so the write fails."""
    import resource  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def left(path):
    text = Path(path).read_bytes()
    known = {b"o" * OLD: "the old text", b"n" * NEW: "the new text"}
    return known.get(text, f"{len(text)} bytes of the new text")


def main():
    ways = [("written in place", write_in_place), ("replaced", replace)]
    with scratch() as folder:
        path = os.path.join(folder, "file")
        for what, limit in [("all goes well", contextlib.nullcontext()), ("room for 32 KiB", None)]:
            for name, way in ways:
                Path(path).write_bytes(b"o" * OLD)
                said = ""
                try:
                    with limit or room_for(ROOM):
                        way(path, b"n" * NEW)
                except ImportError:
                    said = "not shown here"
                except OSError as error:
                    said = error.strerror
                line = f"{what:<18}{name:<18}{left(path):<28}{said}"
                stage.tell(line.rstrip())


if __name__ == "__main__":
    stage.show(main)
