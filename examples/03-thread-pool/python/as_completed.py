"""Checks twelve services with ten workers, and says how each one is as soon as it is known."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../01-sequential-fetch/python"))
from sequential_fetch import fetch

import socket
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import requests

# What the slow web has each of them do; nothing listens where there is no path.
SERVICES = {
    "login": "/delay/100",
    "search": "/delay/400",
    "maps": "/never",
    "payments": "",
    "cart": "/delay/200",
    "photos": "/delay/900",
    "mail": "/delay/300",
    "chat": "/delay/500",
    "news": "/delay/800",
    "weather": "/delay/600",
    "coupons": "/status/503",
    "print": "/empty",
}
WORKERS, SLOW, TIMEOUT = 10, 0.75, 1.2


# ANCHOR: check
def check(url):
    # Twelve services are twelve hosts: a session of its own costs each check nothing.
    with requests.Session() as session:
        session.trust_env = False  # no proxy: the slow web is on this machine
        page = fetch(session, url, TIMEOUT)
    assert page.bytes > 0, "no body to look at"
    return "slow" if page.elapsed > SLOW else "healthy"
# ANCHOR_END: check


# ANCHOR: check_all
def check_all(services):
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        futures = {pool.submit(check, url): name for name, url in services.items()}
        for future in as_completed(futures, timeout=30):
            try:
                health = future.result()
            except (requests.RequestException, ValueError) as error:
                health = f"down: {stage.describe(error)[0]}"
            except Exception as error:  # the check itself: a bug in it, say
                health = f"unknown: the check raised {error!r}"
            yield futures[future], health
# ANCHOR_END: check_all


def tally(services, verdicts):
    for wanted in ("healthy", "slow", "down", "unknown", "lost"):
        names = [name for name in services if verdicts.get(name, "lost").split(":")[0] == wanted]
        yield f"{wanted:<8}{len(names):>3}  {', '.join(names)}".rstrip()


def main():
    # A port that is bound and does not listen: connecting is refused.
    with stage.SlowWeb() as web, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        services = {name: web.address + path if path else refused for name, path in SERVICES.items()}
        stage.tell("12 services on a slow web, as they complete\n")
        began = time.perf_counter()
        verdicts = {}
        for name, health in check_all(services):
            stage.tell(f"{(time.perf_counter() - began) * 1000:>6.0f} ms  {name:<10}{health}")
            verdicts[name] = health
        stage.tell("")
        for line in tally(services, verdicts):
            stage.tell(line)


if __name__ == "__main__":
    stage.show(main)
