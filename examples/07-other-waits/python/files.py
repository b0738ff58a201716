"""Files hashed and rewritten: one after another, and on a pool of threads."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from replace import replace, scratch

WORKERS = 16
MOST_REWRITTEN = 200


# ANCHOR: hash
def hash(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).digest()


def rewrite(path):
    text = Path(path).read_bytes()
    replace(path, text.upper())


def one_by_one(job, paths):
    return [outcome(job, path) for path in paths]


def pooled(job, paths, executor):
    return list(executor.map(lambda path: outcome(job, path), paths))


def outcome(job, path):
    """What `job` returns, or the exception: one file that fails loses no other."""
    try:
        return job(path)
    except OSError as error:
        return error
# ANCHOR_END: hash


# ANCHOR: forget
def forget(paths):
    """Has Linux forget the contents, so that the next read waits for the device."""
    os.sync()
    for path in paths:
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
# ANCHOR_END: forget


def make(folder, n, size):
    os.mkdir(folder)
    paths = [os.path.join(folder, f"{i}.txt") for i in range(n)]
    for i, path in enumerate(paths):
        line = f"this is file number {i}\n".encode()
        Path(path).write_bytes((line * (size // len(line) + 1))[:size])
    return paths


def measure(what, name, job):
    wall, cpu = time.perf_counter(), time.process_time()
    results = job()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    stage.tell(f"  {what:<14}{name:<11}{wall * 1000:>14.1f} ms{cpu * 1000:>11.1f} ms")
    for result in results:
        if isinstance(result, OSError):
            raise result
    return results


def main():
    with scratch() as folder, ThreadPoolExecutor(WORKERS) as executor:
        models = {
            "one by one": one_by_one,
            "pool": lambda job, paths: pooled(job, paths, executor),
        }
        for n, size, text in [(5000, 4 << 10, "4 KiB"), (8, 4 << 20, "4 MiB")]:
            paths = make(os.path.join(folder, text), n, size)
            some = paths[:MOST_REWRITTEN]
            title = f"{n} files of {text}"
            stage.tell(f"{title:<27}{'time':>17}{'CPU':>14}")
            known = one_by_one(hash, paths)
            for what in ["hash, warm", "hash, cold"]:
                if what == "hash, cold" and not hasattr(os, "posix_fadvise"):
                    continue
                for name, model in models.items():
                    if what == "hash, cold":
                        forget(paths)
                    if measure(what, name, lambda: model(hash, paths)) != known:
                        raise OSError("a model gave other digests")
            for name, model in models.items():
                measure(f"rewrite {len(some)}", name, lambda: model(rewrite, some))


if __name__ == "__main__":
    stage.show(main)
