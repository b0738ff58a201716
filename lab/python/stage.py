"""What the Python twins of the book's programs share: the same arguments as in Rust, the same JSON, the same picture.

A twin hands its taught function to `fetch` or `crunch`. The slow web and the drawing are the Rust ones, run as programs of
their own, so that both languages meet the same server and are drawn by the same hand.
"""

import argparse
import dataclasses
import functools
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.argv[0]).stem
NUMBERS = 500_000
DEFAULT_DELAYS = [120, 80, 200, 50, 150]


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


def fetch(job):
    """Runs `job(sites)`, which returns a Page or an exception for each address, in their order, and reports."""

    def perform(arguments, timeline):
        if arguments.urls:
            say(arguments, f"{count(len(arguments.urls), 'address', 'es')}, not ours\n")
            return run_job(timeline, arguments.urls * arguments.rounds, None)
        with SlowWeb(arguments) as web:
            say(arguments, f"{count(len(web.urls), 'site')} on a slow web at {web.address}\n")
            return run_job(timeline, web.urls * arguments.rounds, web)

    def run_job(timeline, urls, web):
        sites = Sites(urls, arguments.timeout / 1000, arguments.workers)
        measured, results = measure(timeline, lambda: job(sites))
        reports = [report_of(url, result) for url, result in zip(urls, results, strict=True)]
        return measured | {"peak_in_flight": web and web.stats()["peak_in_flight"], "results": reports}

    arguments = parse_arguments()
    finish(arguments, perform)


def crunch(job):
    """Runs `job(work)`, which returns a number for each chunk, in their order, and reports."""

    def perform(arguments, timeline):
        if arguments.urls:
            fail("this program computes: it has no use for addresses (try --help)")
        pieces = arguments.sites or 5
        edges = [NUMBERS * i // pieces for i in range(pieces + 1)]
        chunks = [range(a, b) for a, b in zip(edges, edges[1:])]
        say(arguments, f"the primes below {NUMBERS}, counted in {count(pieces, 'chunk')}\n")
        work = Work(chunks * arguments.rounds, arguments.workers)
        measured, values = measure(timeline, lambda: job(work))
        spans = list(timeline.spans())
        reports = []
        for chunk, value in zip(work.chunks, values, strict=True):
            span = next(s for s in spans if s["label"] == label_of(chunk))
            spans.remove(span)
            reports.append({
                "url": label_of(chunk), "ok": True, "status": None, "bytes": None,
                "elapsed_ms": round(span["end_ms"] - span["begin_ms"], 3), "error": None, "value": value,
            })
        return measured | {"peak_in_flight": None, "results": reports}

    finish(parse_arguments(), perform)


def instrument(function):
    """Records each call of a taught function as a span, and prints what came of it. The last part of the last address or range
    among the arguments is its label."""

    @functools.wraps(function)
    def recorded(*args, **kwargs):
        subject = next(arg for arg in args if isinstance(arg, (str, range)))
        began = TIMELINE.now()
        try:
            result = function(*args, **kwargs)
            outcome = str(result)
            return result
        except Exception as error:
            error.elapsed_ms = TIMELINE.now() - began
            outcome = f"failed: {describe(error)[0]}"
            raise
        finally:
            ended = TIMELINE.now()
            TIMELINE.add(function.__name__, label_of(subject), began, ended)
            if TIMELINE.live:
                tell(f"  {label_of(subject):<14} {ms(ended - began):>8}   {outcome}")

    return recorded


class Timeline:
    """Spans of calls, each of which holds its thread from begin to end. Times in milliseconds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.live = False
        self.restart()

    def restart(self):
        self.zero = time.perf_counter()
        self.recorded = []
        self.threads = []

    def now(self):
        return round((time.perf_counter() - self.zero) * 1000, 3)

    def add(self, name, label, began, ended):
        me = threading.get_ident()
        with self.lock:
            self.recorded.append((name, label, began, ended, me))

    def spans(self):
        for name, label, began, ended, ident in sorted(self.recorded, key=lambda span: span[2]):
            if ident not in self.threads:
                self.threads.append(ident)
            held = {"thread": self.threads.index(ident) + 1, "begin_ms": began, "end_ms": ended}
            yield {"name": name, "label": label, "begin_ms": began, "end_ms": ended, "held": [held]}


TIMELINE = Timeline()


class SlowWeb:
    """The Rust slow web, as a child that ends when this process does."""

    def __init__(self, arguments):
        options = ["--port", "0", "--until-stdin-closes", "--seed", str(arguments.seed)]
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
    return ["cargo", "run", "--quiet", "--example", name, "--"]


def measure(timeline, job):
    cpu_before = time.process_time()
    timeline.restart()
    results = job()
    wall = timeline.now()
    spans = list(timeline.spans())
    return {
        "program": PROGRAM,
        "wall_ms": wall,
        "cpu_ms": round((time.process_time() - cpu_before) * 1000, 3),
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
    names = {type(cause).__name__ for cause in causes(error)}
    text = str(error)
    if names & {"HTTPError"} and getattr(error, "response", None) is not None:
        return f"status {error.response.status_code}", error.response.status_code
    if names & {"Timeout", "ReadTimeout", "ConnectTimeout", "ReadTimeoutError", "TimeoutError"}:
        return "timeout", None
    if names & {"InvalidURL", "InvalidSchema", "MissingSchema", "NameResolutionError", "gaierror"}:
        return f"address: {text}", None
    if "ConnectionRefusedError" in names:
        return "refused", None
    if names & {"ChunkedEncodingError", "ContentDecodingError", "IncompleteRead"}:
        return f"body: {text}", None
    return f"connection: {text}", None


def causes(error):
    """The error, what it was raised from, and the errors among their arguments, where urllib3 keeps its reasons."""
    waiting, seen = [error], []
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in seen:
            seen.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return seen


def label_of(subject):
    if isinstance(subject, range):
        return f"{subject.start}..{subject.stop}"
    parts = urlsplit(subject)
    return next((part for part in reversed(parts.path.split("/")) if part), parts.netloc)


def count(n, of, plural="s"):
    return f"1 {of}" if n == 1 else f"{n} {of}{plural}"


def ms(value):
    return f"{value:.1f} ms" if 0 < value < 9.95 else f"{value:.0f} ms"


def parse_arguments():
    """The arguments of the Rust programs, with the same bounds."""

    class Parser(argparse.ArgumentParser):
        def error(self, message):
            fail(f"{message} (try --help)")

    def number(least, most):
        def parse(text):
            value = int(text)
            if not least <= value <= most:
                raise argparse.ArgumentTypeError(f"{value} is not in {least}..={most}")
            return value

        parse.__name__ = "whole number"
        return parse

    def address(text):
        if urlsplit(text).scheme not in ("http", "https"):
            raise argparse.ArgumentTypeError(f"{text} is not http:// or https://")
        return text

    def several(text):
        return [number(0, 60_000)(part) for part in text.split(",")]

    parser = Parser(prog=PROGRAM, description=sys.modules["__main__"].__doc__, allow_abbrev=False)
    parser.add_argument("urls", nargs="*", metavar="URL", type=address, help="addresses to fetch instead of the slow web's")
    parser.add_argument("--sites", type=number(1, 20_000), metavar="N", help="how many sites, or chunks of work")
    latency = parser.add_mutually_exclusive_group()
    latency.add_argument("--delay", type=number(0, 60_000), metavar="MS", help="one latency for all sites")
    latency.add_argument("--delays", type=several, metavar="MS,MS,...", help="a latency for each site")
    parser.add_argument("--workers", type=number(1, 10_000), metavar="N", help="how many workers, where there are any")
    parser.add_argument("--rounds", type=number(1, 1_000), default=1, metavar="N", help="how often the list is gone through")
    parser.add_argument("--timeout", type=number(1, 600_000), default=10_000, metavar="MS", help="the longest silence")
    parser.add_argument("--seed", type=number(0, 2**64 - 1), default=0, metavar="N", help="what latencies are drawn with")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also draw the timeline as SVG into this file")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="also write a Chrome trace into this file")
    return parser.parse_args()


def finish(arguments, perform):
    """Runs the program, prints its report, and exits: 0 all well, 1 a site failed, 2 could not do what was asked."""
    TIMELINE.live = arguments.format == "text"
    try:
        run = perform(arguments, TIMELINE)
        text = json.dumps(run, indent=2) + "\n"
        recording = os.environ.get("WHILE_YOU_WAIT_RUN")
        if recording:
            Path(recording).write_text(text, encoding="utf-8")
        draw(arguments, text)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        fail(str(error))
    # Not sys.exit: what is still unwritten belongs to a reader who has left, and Python would complain about it.
    os._exit(0 if all(result["ok"] for result in run["results"]) else 1)


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
    """A line for people. A reader who has left (`| head`) is told nothing."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        TIMELINE.live = False
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(problem):
    print(f"{PROGRAM}: {problem}", file=sys.stderr)
    sys.exit(2)
