"""What the Python twins of the book's programs share: the same arguments as in Rust, the same JSON, the same picture.

A twin hands its taught function to `fetch` or `crunch`; one that does neither job hands it to `show`. The slow web and the
drawing are the Rust ones, run as programs of their own, so that both languages meet the same server and are drawn by the same hand.
"""

import os
import signal


def interrupted(*_):
    """Ends at once, with nothing said and no worker waited for. The slow web ends when its standard input does."""
    os._exit(130)


# Before the other imports, which take a while; not where Ctrl-C is ignored on purpose.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, interrupted)

import argparse
import collections
import contextlib
import dataclasses
import functools
import inspect
import json
import re
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

if sys.stdout is not None:
    sys.stdout.reconfigure(encoding="utf-8")  # as the drawing is, whatever the terminal claims

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.argv[0]).stem
NUMBERS = 500_000
MOST_UNITS = 100_000
DEFAULT_DELAYS = [120, 80, 200, 50, 150]
DEFAULTS = argparse.Namespace(seed=0, sites=None, delay=None, delays=None)


@dataclasses.dataclass
class Page:
    """A page that arrived whole; `elapsed` in seconds."""

    url: str
    status: int
    bytes: int
    elapsed: float

    def __str__(self):
        return f"{self.status}, {self.bytes} bytes"


@dataclasses.dataclass
class Sites:
    """What a twin that fetches is given; `timeout` in seconds."""

    urls: list
    timeout: float
    workers: int | None


@dataclasses.dataclass
class Work:
    """What a twin that computes is given: consecutive ranges of numbers."""

    chunks: list
    workers: int | None


def fetch(job, prepare=None):
    """Runs `job(sites)`, which returns a Page or an exception for each address, in any order, and reports in theirs.

    What is not to be timed, a pool of processes mostly, is made by `prepare(sites)`, a context manager, and is the job's second
    argument."""

    def perform(arguments, timeline):
        with SlowWeb(arguments) as web:
            # A path is one of the slow web's own. What it counts is the whole run only if nothing is fetched elsewhere.
            urls = [web.address + url if url.startswith("/") else url for url in arguments.urls] or web.urls
            all_ours = all(url.startswith("/") for url in arguments.urls)
            sites = count(len(urls), "site", "sites")
            urls = repeat(urls, arguments.rounds)
            say(arguments, f"{sites} on a slow web at {web.address}\n" if all_ours else f"{sites} of yours\n")
            return run_job(timeline, urls, web if all_ours else None)

    def run_job(timeline, urls, web):
        sites = Sites(urls, arguments.timeout / 1000, arguments.workers)
        measured, results = prepared(timeline, job, sites, prepare)
        reports = [report_of(url, result) for url, result in in_order(urls, results)]
        return measured | {"peak_in_flight": web and web.stats()["peak_in_flight"], "results": reports}

    arguments = parse_arguments()
    finish(arguments, perform)


def crunch(job, prepare=None):
    """Runs `job(work)`, which returns a number for each chunk, in their order, and reports. `prepare` is that of `fetch`."""

    def perform(arguments, timeline):
        if arguments.urls:
            fail("this program computes: it has no use for addresses (try --help)")
        pieces = arguments.sites or 5
        edges = [NUMBERS * i // pieces for i in range(pieces + 1)]
        chunks = [range(a, b) for a, b in zip(edges, edges[1:])]
        work = Work(repeat(chunks, arguments.rounds), arguments.workers)
        say(arguments, f"the primes below {NUMBERS}, counted in {count(pieces, 'chunk', 'chunks')}\n")
        measured, values = prepared(timeline, job, work, prepare)
        if None in values:
            fail(f"{count(values.count(None), 'chunk has', 'chunks have')} no count")
        # How long each took is what its span says; spans of equal label are taken in the order of their begin.
        elapsed = collections.defaultdict(collections.deque)
        for span in measured["spans"]:
            elapsed[span["label"]].append(round(span["end_ms"] - span["begin_ms"], 3))
        reports = []
        for chunk, value in zip(work.chunks, values, strict=True):
            label = label_of(chunk)
            reports.append({
                "url": label, "ok": True, "status": None, "bytes": None,
                "elapsed_ms": elapsed[label].popleft(), "error": None, "value": value,
            })
        return measured | {"peak_in_flight": None, "results": reports}

    finish(parse_arguments(), perform)


def show(job):
    """Runs a twin that has neither sites nor chunks, and no arguments. `job` prints by `stage.tell`."""
    new_parser().parse_args()
    with trouble_is_a_line():
        job()


@contextlib.contextmanager
def trouble_is_a_line():
    """What cannot be done is one line and exit code 2, also where threads have begun that wait for others."""
    try:
        yield
    except OSError as error:
        fail(f"{error.strerror}: {error.filename}" if error.filename else str(error))
    except RuntimeError as error:  # can't start new thread
        tell_aside(f"{PROGRAM}: {error}")
        os._exit(2)  # sys.exit() would wait for the threads


def in_order(urls, results):
    """Pairs each address with its result. An exception belongs to the address of the call that it came out of."""
    given = collections.defaultdict(collections.deque)
    for result in results:
        given[result.url].append(result)
    return [(url, given[url].popleft()) for url in urls]


def instrument(function):
    """Records each call of a taught function as a span, and prints what came of it. The path of the first address, or the first
    range, among the arguments is its label. A call inside such a call belongs to the row of that one.

    A coroutine function is recorded too: its row holds a thread while the coroutine runs, and none while it is suspended."""

    if inspect.iscoroutinefunction(function):
        return instrument_coroutine(function)

    @functools.wraps(function)
    def recorded(*args, **kwargs):
        subject = next(arg for arg in args if isinstance(arg, (str, range)))
        label = label_of(subject)
        outcome = None
        blocked = getattr(ROW, "blocked", None)
        is_row = blocked is None
        if is_row:
            ROW.blocked = blocked = []
        began = TIMELINE.now()
        try:
            result = function(*args, **kwargs)
            outcome = None if result is None else str(result)
            return result
        except Exception as error:
            error.elapsed_ms = round(TIMELINE.now() - began, 3)
            error.url = subject
            outcome = f"failed: {describe(error)[0]}"
            raise
        finally:
            ended = TIMELINE.now()
            if is_row:
                ROW.blocked = None
                # Not get_ident(): the number of a thread that has ended is given to another one.
                held = [(threading.current_thread(), began, ended)]
                TIMELINE.add(function.__name__, label, began, ended, held, blocked)
            tell_outcome(label, ended - began, outcome)

    return recorded


def instrument_coroutine(function):
    @functools.wraps(function)
    async def recorded(*args, **kwargs):
        subject = next(arg for arg in args if isinstance(arg, (str, range)))
        row = Row(function.__name__, subject)
        outcome = None
        try:
            result = await Stepped(row, function(*args, **kwargs))
            outcome = None if result is None else str(result)
            return result
        except Exception as error:
            error.elapsed_ms = round(TIMELINE.now() - row.began, 3)
            error.url = subject
            outcome = f"failed: {describe(error)[0]}"
            raise
        finally:
            row.end()
            tell_outcome(row.label, TIMELINE.now() - row.began, outcome)

    return recorded


class Stepped:
    """Awaits a coroutine step by step. Between two steps it is suspended; during each, its row holds the thread."""

    def __init__(self, row, coroutine):
        self.row, self.coroutine = row, coroutine

    def __await__(self):
        def resume(step, argument):
            with self.row:
                return step(argument)

        step, argument = self.coroutine.send, None
        while True:
            try:
                waits_for = resume(step, argument)
            except StopIteration as done:
                return done.value
            try:
                step, argument = self.coroutine.send, (yield waits_for)
            except BaseException as error:  # a cancellation, mostly: the coroutine decides what comes of it
                step, argument = self.coroutine.throw, error


def tell_outcome(label, elapsed, outcome):
    """A line of a run that is told to people as it goes."""
    if TIMELINE.live and outcome is not None:
        # Cut, so that the line fits 80 columns; the whole is in the JSON.
        line = cut(f"  {cut(label, 18):<14} {ms(elapsed):>8}   {outcome}", 80)
        try:
            tell(line)
        except OSError as error:
            # Not here, where it would take the place of the result.
            TIMELINE.trouble = TIMELINE.trouble or error


class Failed(Exception):
    """An exception of another process, in the words of the Rust side: it could hold what cannot be pickled."""


@dataclasses.dataclass
class Arrived:
    """What came of a call in a worker process, and when it began and ended there, by time.perf_counter()."""

    outcome: object
    began: float
    ended: float
    pid: int


def in_a_worker(function, *args):
    """Calls a taught function in a worker process, for `has_arrived` in its parent."""
    began = time.perf_counter()
    try:
        outcome = function(*args)
    except Exception as error:
        outcome = Failed(*describe(error))
    return Arrived(outcome, began, time.perf_counter(), os.getpid())


def has_arrived(name, subject, arrived):
    """Records a call that a worker process has made as a row, the process in the place of the thread, and prints what came of it.

    The clock is the same in all processes of a machine: CLOCK_MONOTONIC on Linux, mach_absolute_time on macOS,
    QueryPerformanceCounter on Windows. Python does not promise that."""
    label, outcome = label_of(subject), arrived.outcome
    began, ended = TIMELINE.at(arrived.began), TIMELINE.at(arrived.ended)
    if isinstance(outcome, Failed):
        outcome.elapsed_ms, outcome.url = round(ended - began, 3), subject
        outcome = f"failed: {outcome.args[0]}"
    TIMELINE.add(name, label, began, ended, [(arrived.pid, began, ended)], [])
    tell_outcome(label, ended - began, outcome)


class Lock:
    """A threading.Lock for `with`. Waits for it are drawn, hatched, in the row of whoever waits."""

    def __init__(self):
        self.lock = threading.Lock()

    def __enter__(self):
        began = TIMELINE.now()
        self.lock.acquire()
        blocked = getattr(ROW, "blocked", None)
        if blocked is not None:
            blocked.append({"begin_ms": began, "end_ms": TIMELINE.now()})

    def __exit__(self, *_):
        self.lock.release()


class Row:
    """A row of the picture for work that goes from thread to thread: whoever is in its `with` holds a thread, and between two of
    those it waits without one. It begins when it is made. A recorded call inside the `with` belongs to it."""

    def __init__(self, name, subject):
        self.name, self.label = name, label_of(subject)
        self.began, self.held, self.blocked = TIMELINE.now(), [], []

    def __enter__(self):
        ROW.blocked = self.blocked
        self.entered = TIMELINE.now()

    def __exit__(self, *_):
        ROW.blocked = None
        self.held.append((threading.current_thread(), self.entered, TIMELINE.now()))

    def end(self):
        TIMELINE.add(self.name, self.label, self.began, TIMELINE.now(), self.held, self.blocked)


class Timeline:
    """Rows, and when a thread was held by each. Times in milliseconds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.live = False
        self.trouble = None  # why a line could not be printed
        self.restart()

    def restart(self):
        self.zero = time.perf_counter()
        self.recorded = []
        self.threads = []

    def now(self):
        return self.at(time.perf_counter())

    def at(self, moment):
        return round((moment - self.zero) * 1000, 3)

    def add(self, name, label, began, ended, held, blocked):
        with self.lock:
            self.recorded.append((name, label, began, ended, held, blocked))

    def spans(self):
        for name, label, began, ended, held, blocked in sorted(self.recorded, key=lambda span: span[2]):
            span = {"name": name, "label": label, "begin_ms": began, "end_ms": ended}
            span["held"] = [
                {"thread": self.number_of(thread), "begin_ms": begin, "end_ms": end} for thread, begin, end in held
            ]
            yield span | {"blocked": blocked} if blocked else span

    def number_of(self, thread):
        if thread not in self.threads:
            self.threads.append(thread)
        return self.threads.index(thread) + 1


TIMELINE = Timeline()
ROW = threading.local()  # the waits of the row that this thread is in
SCREEN = threading.Lock()
# Opened in time: when the reader leaves, there may be no descriptor to open it with.
NOWHERE = os.open(os.devnull, os.O_WRONLY)


class SlowWeb:
    """The Rust slow web, as a child that ends when this process does. `more` are options of its own, such as --slots."""

    def __init__(self, arguments=DEFAULTS, *more):
        options = ["--port", "0", "--until-stdin-closes", "--seed", str(arguments.seed), *more]
        for name in ("sites", "delay", "delays"):
            value = getattr(arguments, name)
            if value is not None:
                text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
                options += [f"--{name}", text]
        self.count = arguments.sites or len(arguments.delays or DEFAULT_DELAYS)
        self.child = subprocess.Popen(
            rust_program("slow-web") + options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def __enter__(self):
        self.address = self.child.stdout.readline().strip()
        if not self.address:
            self.child.wait()
            fail("the slow web did not start")
        self.urls = [f"{self.address}/site-{i + 1}" for i in range(self.count)]
        return self

    def __exit__(self, *_):
        # It ends when its standard input does.
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait()

    def stats(self):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{self.address}/stats", timeout=10) as answer:
            return json.load(answer)


def rust_program(name):
    """The command for a program of the lab. `WHILE_YOU_WAIT_PROGRAMS` names a folder where it is built already."""
    built = os.environ.get("WHILE_YOU_WAIT_PROGRAMS")
    if built:
        return [str(Path(built) / name)]
    if not shutil.which("cargo"):
        fail(f"{name} is a Rust program: install cargo, or say in WHILE_YOU_WAIT_PROGRAMS which folder has it built")
    return ["cargo", "run", "--quiet", "--example", name, "--"]


def prepared(timeline, job, given, prepare):
    if prepare is None:
        return measure(timeline, lambda: job(given))
    with prepare(given) as what:
        return measure(timeline, lambda: job(given, what))


def measure(timeline, job):
    cpu_before = time.process_time()
    timeline.restart()
    results = job()
    wall = timeline.now()
    cpu = time.process_time() - cpu_before
    spans = list(timeline.spans())
    return {
        "program": PROGRAM,
        "wall_ms": wall,
        "cpu_ms": round(cpu * 1000, 3),
        "threads": len(timeline.threads),
        "spans": spans,
    }, results


def report_of(url, result):
    if isinstance(result, Exception):
        error, status = describe(result)
        elapsed = getattr(result, "elapsed_ms", 0.0)
        return {"url": url, "ok": False, "status": status, "bytes": None, "elapsed_ms": elapsed, "error": error}
    return {
        "url": url, "ok": True, "status": result.status, "bytes": result.bytes,
        "elapsed_ms": round(result.elapsed * 1000, 3), "error": None,
    }


def describe(error):
    """The error in the words of the Rust side, and the status where there is one."""
    if isinstance(error, Failed):
        return error.args
    chain = causes(error)
    names = {type(cause).__name__ for cause in chain}
    reason = getattr(chain[-1], "strerror", None) or str(chain[-1]).strip() or type(chain[-1]).__name__
    if "HTTPError" in names and getattr(error, "response", None) is not None:
        return f"status {error.response.status_code}", error.response.status_code
    if "ClientResponseError" in names:  # aiohttp's
        return f"status {error.status}", error.status
    if names & {"Timeout", "ReadTimeout", "ConnectTimeout", "ReadTimeoutError", "TimeoutError"}:
        return "timeout", None
    if names & {"InvalidURL", "InvalidSchema", "MissingSchema", "LocationParseError", "NameResolutionError", "gaierror"}:
        return f"address: {reason}", None
    if "ConnectionRefusedError" in names:
        return "refused", None
    if names & {"ChunkedEncodingError", "ContentDecodingError", "IncompleteRead", "ClientPayloadError"}:
        return f"body: {reason}", None
    return f"connection: {reason}", None


def causes(error):
    """The error and what it came from, the innermost last. urllib3 keeps its reasons among the arguments."""
    chain = []
    while error is not None and error not in chain:
        chain.append(error)
        inner = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        error = next((cause for cause in inner if isinstance(cause, BaseException)), None)
    return chain


def label_of(subject):
    if isinstance(subject, range):
        return f"{subject.start}..{subject.stop}"
    parts = urlsplit(subject)
    host = parts.netloc.rpartition("@")[2]  # without user and password
    return parts.path.strip("/") or host


def cut(text, longest):
    """At most `longest` characters, all of them on one line."""
    text = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def repeat(items, rounds):
    if len(items) * rounds > MOST_UNITS:
        fail(f"{len(items)} times {rounds} rounds is more than {MOST_UNITS} (try --help)")
    return items * rounds


def count(n, one, many):
    return f"{n} {one if n == 1 else many}"


def ms(value):
    return f"{value:.1f} ms" if 0 < value < 9.95 else f"{value:.0f} ms"


class Parser(argparse.ArgumentParser):
    def error(self, message):
        fail(f"{message} (try --help)")

    def print_help(self, file=None):
        # Nothing is lost when nobody reads the help to its end.
        with contextlib.suppress(OSError):
            tell(self.format_help().rstrip())


def new_parser(epilog=None):
    return Parser(
        prog=PROGRAM,
        description=sys.modules["__main__"].__doc__,
        epilog=epilog,
        formatter_class=functools.partial(argparse.HelpFormatter, width=80),
        allow_abbrev=False,
    )


def parse_arguments():
    """The arguments of the Rust programs, with the same bounds."""

    given = set()

    class Once(argparse.Action):
        def __call__(self, parser, namespace, value, name=None):
            if name in given:
                parser.error(f"{name} cannot be used multiple times")
            given.add(name)
            setattr(namespace, self.dest, value)

    def number(least, most):
        def parse(text):
            # int() would take ` 1_0 `, and the digits of every script.
            if re.fullmatch(r"\+?0*[0-9]{1,20}", text) and least <= int(text) <= most:
                return int(text)
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")

        return parse

    def several(text):
        return [number(0, 60_000)(part) for part in text.split(",")]

    def address(text):
        if text.startswith("/"):
            return text
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https"):
            raise argparse.ArgumentTypeError(f"{text!r} is not http://, https:// or a path on the slow web")
        # A bad port or host raises ValueError, too.
        usable = parts.port != -1 and parts.hostname and parts.hostname.encode("idna")
        if not usable or " " in parts.netloc or not text.isprintable():
            raise ValueError
        return text

    def file(text):
        if not text:
            raise ValueError
        return Path(text)

    parser = new_parser("Exit codes: 0 all well, 1 a site failed, 2 the program could not do what it was asked.")
    parser.add_argument(
        "urls", nargs="*", metavar="URL", type=address,
        help="addresses to fetch, instead of the slow web's sites; a path (/cut) is one of the slow web's own",
    )
    latency = parser.add_mutually_exclusive_group()
    latency.add_argument(
        "--delays", type=several, action="extend", metavar="MS,MS,...",
        help=f"a latency for each site [default: {','.join(map(str, DEFAULT_DELAYS))}]",
    )

    def option(name, kind, metavar, help, default=None, group=parser):
        group.add_argument(name, type=kind, action=Once, metavar=metavar, help=help, default=default)

    option("--delay", number(0, 60_000), "MS", "one latency for all sites", group=latency)
    option(
        "--sites", number(1, 20_000), "N",
        "how many sites; without --delay(s) their latencies are drawn from 50 to 200 ms. Programs that compute cut their work "
        "into as many chunks",
    )
    option("--seed", number(0, 2**64 - 1), "N", "what the drawn latencies are drawn with [default: 0]", 0)
    option("--workers", number(1, 10_000), "N", "how many workers; programs without workers have no use for it")
    option("--rounds", number(1, 1_000), "N", "how often the list of sites, or of chunks, is repeated [default: 1]", 1)
    option("--timeout", number(1, 600_000), "MS", "the longest silence within one fetch [default: 10000]", 10_000)
    parser.add_argument(
        "--format", choices=["text", "json"], action=Once, default="text",
        help="what to print: text for people, or one JSON object for programs [default: text]",
    )
    option("--svg", file, "FILE", "also draw the timeline as SVG into this file")
    option("--trace", file, "FILE", "also write a Chrome trace, for ui.perfetto.dev, into this file")
    return parser.parse_intermixed_args()


def finish(arguments, perform):
    """Runs the program, prints its report, and exits: 0 all well, 1 a site failed, 2 could not do what was asked."""
    TIMELINE.live = arguments.format == "text"
    with trouble_is_a_line():
        run = perform(arguments, TIMELINE)
        if TIMELINE.trouble:
            raise TIMELINE.trouble
        text = json.dumps(run, indent=2) + "\n"
        draw(arguments, text)
        recording = os.environ.get("WHILE_YOU_WAIT_RUN")
        if recording:
            Path(recording).write_text(text, encoding="utf-8")
    sys.exit(0 if all(result["ok"] for result in run["results"]) else 1)


def draw(arguments, run):
    if arguments.format == "json":
        tell(run.rstrip("\n"))
        if not (arguments.svg or arguments.trace):
            return
    command = rust_program("timeline") + ["--format", "text" if arguments.format == "text" else "none"]
    for option in ("svg", "trace"):
        path = getattr(arguments, option)
        if path:
            command += [f"--{option}", str(path.resolve())]
    drawn = subprocess.run(command, input=run, text=True, encoding="utf-8", cwd=ROOT)
    if drawn.returncode != 0:
        sys.exit(2)


def say(arguments, line):
    if arguments.format == "text":
        tell(line)


def tell(line):
    """A line for people. A reader who has left (`| head`) is told nothing; a full disk is an error."""
    if sys.stdout is None:
        return
    try:
        with SCREEN:
            # print() from several threads would mix up their line feeds.
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except OSError as error:
        # What is still unwritten would be tried again at exit, with a complaint of Python's.
        os.dup2(NOWHERE, sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OSError(f"cannot print: {error.strerror}") from None


def fail(problem, code=2):
    problem = cut(problem, len(problem))  # on one line
    tell_aside(f"{PROGRAM}: {problem}")
    sys.exit(code)


def tell_aside(text):
    """Prints to standard error. If that is closed or full, the exit code has to do."""
    if sys.stderr is not None:  # print() would take standard output instead
        with contextlib.suppress(OSError):
            # Past Python's buffer: what stays in it would be tried again at exit, and change the exit code.
            os.write(sys.stderr.fileno(), f"{text}\n".encode(errors="backslashreplace"))
