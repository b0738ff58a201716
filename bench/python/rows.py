"""The Python rows of the bench: one row, one process; the last line on standard output says what it took.

    rows.py fetch ROW --workers W --times N URL...
    rows.py crunch ROW --workers W --chunks C --numbers M
    rows.py hash ROW --workers W --size S --count K
    rows.py units KIND --count N
    rows.py counter KIND --threads T --increments I
    rows.py start WHAT

The functions that are timed are those that the book shows, from examples/*/python, without the recording of the timeline: `stage`,
which records, has a stand-in here. That also keeps its imports out of the figures. What a row does not need it does not import, and
all but the fetches need the standard library only: they run on any CPython from 3.10 on, with a GIL or without.

Exit codes: 0 all well, 1 the row has failed (a line on standard error says why), 2 bad arguments, 130 interrupted.
"""

import os
import signal
import sys
import time
import types


def interrupted(*_):
    """Ends at once, with nothing said. The workers see that their parent has ended, and follow."""
    os._exit(130)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, interrupted)

TIMEOUT = 60  # seconds of silence in a fetch: far more than a row takes, so that a web that hangs ends it
HOLD = 0.2  # seconds for which all units are there
PATIENCE = 120  # seconds that workers may take to start, and what hangs if one is lost
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples")
CHAPTERS = ["01-sequential-fetch", "02-threads-and-locks", "03-thread-pool", "05-async"]


class Page:
    """As stage.Page. It crosses from the worker processes, so it has to be found by its name."""

    def __init__(self, url, status, nbytes, elapsed):
        self.url, self.status, self.bytes, self.elapsed = url, status, nbytes, elapsed


def unrecorded(function):
    return function


# Here and not in `main`: worker processes import this file too, before they look up their job.
sys.modules["stage"] = types.SimpleNamespace(instrument=unrecorded, Page=Page)
sys.path[1:1] = [os.path.join(EXAMPLES, chapter, "python") for chapter in CHAPTERS]


class Failed(Exception):
    """What one line on standard error says."""


def reason(error):
    """The error in words. requests puts no words into what it raises for a status."""
    if isinstance(error, Failed):
        return str(error)
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"status {status}"
    return f"{type(error).__name__}: {error}".removesuffix(": ")


# --- the clock ---


class Clock:
    """Times one job, in milliseconds. What is made before it is not counted."""

    ms = 0.0

    def __enter__(self):
        self.began = time.perf_counter()

    def __exit__(self, *_):
        self.ms = (time.perf_counter() - self.began) * 1000


# --- fetch: a client, made before the clock starts, and the addresses ---


def new_session(at_once):
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.trust_env = False  # no proxy: the slow web is on this machine
    session.headers["Accept-Encoding"] = "identity"  # as the Rust client: no gzip
    # Room for a connection each: past ten, the default pool closes them after use.
    session.mount("http://", HTTPAdapter(pool_maxsize=at_once))
    return session


def fetch_sequential(clock, urls, workers):
    from sequential_fetch import fetch_all

    with new_session(1) as session, clock:
        return fetch_all(session, urls, TIMEOUT)


def fetch_threads(clock, urls, workers):
    # threading.stack_size() is left alone. Each thread then reserves addresses for the stack that the system gives by default
    # (8 MiB on most Linux systems, by `ulimit -s`); memory is taken for the pages of it that the thread has touched.
    from thread_per_site import fetch_all

    with new_session(len(urls)) as session, clock:
        return fetch_all(session, urls, TIMEOUT)


def fetch_pool(clock, urls, workers):
    from pool import fetch_all

    with new_session(workers) as session, thread_pool(workers) as pool, clock:
        return fetch_all(pool, session, urls, TIMEOUT)


def fetch_processes(clock, urls, workers):
    import requests  # where it is missing, here and not in each worker

    with executor(workers, make_session) as pool, clock:
        return list(pool.map(fetch_alone, urls))


def fetch_multiprocessing_pool(clock, urls, workers):
    import multiprocessing

    import requests  # where it is missing, here and not in each worker

    with multiprocessing_pool(workers, make_session) as pool, clock:
        # What pool.map() is, with an end: a worker that is killed takes its job along, and map would wait for it for ever. As it
        # comes, so several addresses are sent in one message where there are many.
        try:
            return pool.map_async(fetch_alone, urls).get(PATIENCE)
        except multiprocessing.TimeoutError:
            raise Failed("a worker hangs, or was lost") from None


def fetch_asyncio(clock, urls, workers):
    import one_thread

    return run_with_aiohttp(clock, lambda client: one_thread.fetch_all(client, urls))


def fetch_asyncio_bounded(clock, urls, workers):
    import bounded

    return run_with_aiohttp(clock, lambda client: bounded.fetch_all(client, urls, workers))


def fetch_aiohttp(clock, urls, workers):
    """One after another."""
    import one_thread

    async def fetch_all(client):
        return [await one_thread.fetch(client, url) for url in urls]

    return run_with_aiohttp(clock, fetch_all)


def run_with_aiohttp(clock, job):
    import asyncio

    from one_thread import new_client

    async def run():
        async with new_client(TIMEOUT) as client:
            with clock:
                return await job(client)

    return asyncio.run(run())


def fetch_httpx(clock, urls, workers):
    import asyncio

    import httpx

    unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)

    async def run():
        async with httpx.AsyncClient(limits=unlimited, **HTTPX) as client:
            with clock:
                return await asyncio.gather(*(client.get(url) for url in urls))

    return [page_of_httpx(response) for response in asyncio.run(run())]


# As the other clients: no proxy, no gzip.
HTTPX = {"trust_env": False, "timeout": None, "headers": {"Accept-Encoding": "identity"}}


def page_of_httpx(response):
    response.raise_for_status()
    return Page(str(response.url), response.status_code, len(response.content), 0)


def fetch_httpx_client(clock, urls, workers):
    """One after another."""
    import httpx

    with httpx.Client(**HTTPX) as client, clock:
        return [page_of_httpx(client.get(url)) for url in urls]


def fetch_httpx_each(clock, urls, workers):
    """One after another, and a client for each."""
    import httpx

    with clock:
        return [page_of_httpx(httpx.get(url, **HTTPX)) for url in urls]


def fetch_no_session(clock, urls, workers):
    """One after another, and a session for each: requests.get() makes one and drops it."""
    import requests

    def get(url):
        response = requests.get(url, timeout=TIMEOUT, headers=HTTPX["headers"])
        if not 200 <= response.status_code < 300:
            raise requests.HTTPError(response=response)
        return Page(url, response.status_code, len(response.content), 0)

    os.environ["NO_PROXY"] = "*"  # it has no other way to be told
    with clock:
        return [get(url) for url in urls]


FETCH = {
    "sequential": fetch_sequential,
    "threads": fetch_threads,
    "pool": fetch_pool,
    "multiprocessing-pool": fetch_multiprocessing_pool,
    "processes": fetch_processes,
    "asyncio": fetch_asyncio,
    "asyncio-bounded": fetch_asyncio_bounded,
    "httpx": fetch_httpx,
    "session": fetch_sequential,
    "no-session": fetch_no_session,
    "aiohttp": fetch_aiohttp,
    "httpx-client": fetch_httpx_client,
    "httpx-each": fetch_httpx_each,
}


def fetch(clock, arguments):
    """The bytes of all bodies together."""
    raise_descriptor_limit()
    urls = arguments.urls * arguments.times
    pages = FETCH[arguments.row](clock, urls, arguments.workers)
    failed = [page for page in pages if isinstance(page, Exception)]
    if failed:
        raise Failed(f"{len(failed)} of {len(urls)} fetches failed; the first: {reason(failed[0])}")
    if len(pages) != len(urls):
        raise Failed(f"{len(urls)} addresses, and {len(pages)} pages")
    return sum(page.bytes for page in pages)


def raise_descriptor_limit():
    """Raises the soft limit to the hard one. Where it is still too low, a connection will say so."""
    try:
        import resource  # not on Windows
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        pass  # some systems name a hard limit that they do not grant


# --- in a worker process ---

session = None  # of this worker: connections cannot cross


def make_session():
    global session
    import sequential_fetch  # noqa: F401, so that the first job finds it imported

    session = new_session(1)


def fetch_alone(url):
    import requests
    from sequential_fetch import fetch

    try:
        return fetch(session, url, TIMEOUT)
    except (requests.RequestException, ValueError) as error:
        return Failed(f"{url}: {reason(error)}")  # theirs may hold what cannot be pickled


# --- pools: all their workers are there before the clock starts ---


def thread_pool(workers):
    import threading
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(workers)
    # An idle thread would be given the next job, and no other one started.
    all_there = threading.Barrier(workers)
    list(pool.map(lambda _: all_there.wait(PATIENCE), range(workers)))
    return pool


def executor(workers, prepare):
    from concurrent.futures import ProcessPoolExecutor

    context, ready = spawn(workers)
    with interrupts_blocked():
        pool = ProcessPoolExecutor(workers, context, initialize, (ready, prepare))
        for _ in range(workers):
            pool.submit(abs, 0)  # starts a worker, as none is idle: they wait for this process
    ready.wait(PATIENCE)
    return pool


def multiprocessing_pool(workers, prepare):
    context, ready = spawn(workers)
    with interrupts_blocked():
        pool = context.Pool(workers, initialize, (ready, prepare))
    ready.wait(PATIENCE)
    return pool


def spawn(workers):
    """How processes are started, and where they and this process meet."""
    import multiprocessing

    # After an interruption, a helper of multiprocessing removes what is left of the barrier, and would tell.
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"
    # Not "fork": each worker starts from nothing, on all systems, as those of Rust do.
    context = multiprocessing.get_context("spawn")
    return context, context.Barrier(workers + 1)


class interrupts_blocked:
    """Processes that are started in here never see Ctrl-C, which would have each of them tell where it was."""

    def __enter__(self):
        self.change("SIG_BLOCK")

    def __exit__(self, *_):
        self.change("SIG_UNBLOCK")

    def change(self, how):
        if hasattr(signal, "pthread_sigmask"):  # not on Windows
            signal.pthread_sigmask(getattr(signal, how), {signal.SIGINT})


def initialize(ready, prepare):
    """Runs in each worker before its first job."""
    end_with_the_parent()
    prepare()
    ready.wait(PATIENCE)


def end_with_the_parent():
    """Nobody else would: a worker whose parent was killed waits for jobs for ever."""
    import multiprocessing
    import threading

    parent = multiprocessing.parent_process()
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


# --- crunch: primes ---


def crunch_sequential(clock, chunks, workers):
    from sequential_crunch import crunch_all

    with clock:
        return crunch_all(chunks)


def crunch_threads(clock, chunks, workers):
    from thread_per_chunk import crunch_all

    with clock:
        return crunch_all(chunks)


def crunch_pool(clock, chunks, workers):
    from sequential_crunch import crunch

    with thread_pool(workers) as pool, clock:
        return list(pool.map(crunch, chunks))


def crunch_processes(clock, chunks, workers):
    from sequential_crunch import crunch

    with executor(workers, import_crunch) as pool, clock:
        return list(pool.map(crunch, chunks))


def import_crunch():
    import sequential_crunch  # noqa: F401, so that the first job finds it imported


CRUNCH = {
    "sequential": crunch_sequential,
    "threads": crunch_threads,
    "pool": crunch_pool,
    "processes": crunch_processes,
}


def crunch(clock, arguments):
    """How many primes there are."""
    chunks = [range(a, b) for a, b in parts(arguments.numbers, arguments.chunks)]
    return sum(CRUNCH[arguments.row](clock, chunks, arguments.workers))


def parts(whole, n):
    """The bounds of n consecutive parts, of nearly equal length."""
    edges = [whole * i // n for i in range(n + 1)]
    return list(zip(edges, edges[1:]))


# --- hash: SHA-256 of pages ---


# ANCHOR: hash
def hash_part(pages):
    from hashlib import sha256

    return sum(int.from_bytes(sha256(page).digest()[:8], "big") for page in pages)
# ANCHOR_END: hash


def hash_sequential(clock, jobs, workers):
    with clock:
        return [hash_part(pages) for pages in jobs]


def hash_pool(clock, jobs, workers):
    with thread_pool(workers) as pool, clock:
        return list(pool.map(hash_part, jobs))


def hash_processes(clock, jobs, workers):
    with executor(workers, import_hashlib) as pool, clock:
        return list(pool.map(hash_part, jobs))


def import_hashlib():
    import hashlib  # noqa: F401, so that the first job finds it imported


HASH = {"sequential": hash_sequential, "pool": hash_pool, "processes": hash_processes}


def hash_pages(clock, arguments):
    """The first eight bytes of all digests, added up; 53 bits of the sum, which every reader of JSON keeps whole."""
    import_hashlib()
    pages = [bytes([i % 251]) * arguments.size for i in range(arguments.count)]
    jobs = [pages[a:b] for a, b in parts(len(pages), 4 * arguments.workers)]
    return sum(HASH[arguments.row](clock, jobs, arguments.workers)) % 2**53


# --- units: they begin, all of them are there for a while, and they end ---


# ANCHOR: threads
def unit_threads(clock, count):
    import threading

    begun, end = threading.Semaphore(0), threading.Event()

    def unit():
        begun.release()
        end.wait()

    with clock:
        threads = [threading.Thread(target=unit) for _ in range(count)]
        for thread in threads:
            thread.start()
        for _ in threads:
            begun.acquire()
    time.sleep(HOLD)
    end.set()
    for thread in threads:
        thread.join()
# ANCHOR_END: threads


# ANCHOR: tasks
def unit_tasks(clock, count):
    import asyncio

    async def unit(begun, end):
        begun.release()
        await end.wait()

    async def run():
        begun, end = asyncio.Semaphore(0), asyncio.Event()
        with clock:
            tasks = [asyncio.create_task(unit(begun, end)) for _ in range(count)]
            for _ in tasks:
                await begun.acquire()
        await asyncio.sleep(HOLD)
        end.set()
        for task in tasks:
            await task

    asyncio.run(run())
# ANCHOR_END: tasks


def unit_processes(clock, count):
    context, _ = spawn(count)
    begun = context.Semaphore(0)
    # They wait for the end of a pipe that only this process holds open: whatever ends it, they end.
    end, hold = context.Pipe(duplex=False)
    with clock:
        with interrupts_blocked():
            processes = [context.Process(target=unit_process, args=(begun, end)) for _ in range(count)]
            for process in processes:
                process.start()
        for process in processes:
            if not begun.acquire(timeout=PATIENCE):
                raise Failed("a process has not begun")
    time.sleep(HOLD)
    hold.close()
    for process in processes:
        process.join()
        if process.exitcode != 0:
            raise Failed(f"a process ended with exit code {process.exitcode}")


def unit_process(begun, end):
    begun.release()
    end.poll(None)


UNITS = {"thread": unit_threads, "task": unit_tasks, "process": unit_processes}


def units(clock, arguments):
    UNITS[arguments.row](clock, arguments.count)
    return arguments.count


# --- counter ---


def counter(clock, arguments):
    from counter import count_apart, count_locked

    count = {"lock": count_locked, "apart": count_apart}[arguments.row]
    with clock:
        return count(arguments.threads, arguments.increments)


COUNTER = ["lock", "apart"]

# --- the command line ---

START = ["nothing", "requests", "aiohttp", "httpx"]


def parse(arguments):
    import argparse

    class Parser(argparse.ArgumentParser):
        def error(self, message):
            tell_aside(message)
            sys.exit(2)

    def number(text):
        if not (text.isascii() and text.isdigit()):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
        return int(text)

    def positive(text):
        if number(text) == 0:
            raise argparse.ArgumentTypeError("0 is too few")
        return number(text)

    parser = Parser(
        prog="rows.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="WORK")

    def work(name, rows, job, **options):
        one = works.add_parser(name, allow_abbrev=False)
        one.set_defaults(job=job)
        one.add_argument("row", choices=list(rows), metavar="ROW")
        for option, kind in options.items():
            one.add_argument(f"--{option}", type=kind, required=True)
        return one

    one = work("fetch", FETCH, fetch, workers=positive, times=positive)
    one.add_argument("urls", nargs="+", metavar="URL")
    work("crunch", CRUNCH, crunch, workers=positive, chunks=positive, numbers=number)
    work("hash", HASH, hash_pages, workers=positive, size=positive, count=positive)
    work("units", UNITS, units, count=number)
    work("counter", COUNTER, counter, threads=positive, increments=number)
    work("start", START, None)
    return parser.parse_args(arguments)


def tell_aside(line):
    line = f"rows.py: {' '.join(line.split())}\n"
    # Past Python's buffers, and in one piece.
    os.write(2, line.encode(errors="backslashreplace"))


def report(ms, value):
    gil = str(getattr(sys, "_is_gil_enabled", lambda: True)()).lower()  # asked from 3.13 on; before, always
    print(f'{{"job_ms": {ms:.4f}, "value": {value}, "memory_kib": {memory_kib()}, "gil": {gil}}}', flush=True)


def memory_kib():
    """The most that was resident at once, as Linux tells it; null elsewhere."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        return "null"


def main(arguments):
    # Before the arguments are looked at, which takes an import: this row is about nothing else.
    if arguments[:1] == ["start"] and len(arguments) == 2 and arguments[1] in START:
        if arguments[1] != "nothing":
            __import__(arguments[1])
        return report(0, 0)
    arguments = parse(arguments)
    clock = Clock()
    value = arguments.job(clock, arguments)
    report(clock.ms, value)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        tell_aside(reason(error))
        # sys.exit() would wait for threads and workers that may wait for ever.
        os._exit(1)
