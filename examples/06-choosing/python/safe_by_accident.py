"""Do two threads run at once? And what no interpreter makes safe. For any CPython, with a GIL and without."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import platform
import sysconfig
import threading
import time

QUESTIONS = 10
# How long one thread goes on without the other, in seconds of its own CPU time: on a busy machine that takes longer, and the
# other one gets its share of the cores meanwhile, if the interpreter lets it.
PATIENCE = 0.2


# ANCHOR: gil
def gil():
    """How this interpreter was built, and whether a GIL is at work in it now."""
    free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED")
    is_on = getattr(sys, "_is_gil_enabled", lambda: True)()  # since 3.13; before, always
    build = "free-threaded" if free_threaded else "default"
    return f"{build} build, GIL {'on' if is_on else 'off'}"
# ANCHOR_END: gil


# ANCHOR: answered
def answered(questions, patience):
    """How many questions another thread answers while neither lets go of a GIL."""
    sys.setswitchinterval(1000)  # nobody asks the other for it for 1,000 seconds
    both_there = threading.Barrier(2)
    asked = given = 0
    over = False

    def answer():
        nonlocal given
        both_there.wait()
        began = time.thread_time()
        while not over and time.thread_time() - began < patience:
            if given < asked:
                given, began = asked, time.thread_time()

    threading.Thread(target=answer).start()
    both_there.wait()
    began = time.thread_time()
    while given < questions and time.thread_time() - began < patience:
        if given == asked:
            asked, began = asked + 1, time.thread_time()
    over = True
    return given
# ANCHOR_END: answered


def visit_in_two(visits, page, between):
    if page not in visits:  # check
        between()
        visits[page] = 1  # act: what came in between is overwritten
    else:
        visits[page] += 1


LOCK = threading.Lock()


def visit(visits, page):
    with LOCK:  # check and act are one step
        visits[page] = visits.get(page, 0) + 1


def on_threads(threads, job):
    """Runs `job` on so many threads at once, and waits for all of them."""
    running = [threading.Thread(target=job) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def two_visits(way):
    """Two threads visit a page that nobody has visited before: how many visits are counted?"""
    visits = {}
    on_threads(2, lambda: way(visits, "/new"))
    return visits["/new"]


def go_through(pages, visits):
    """Goes through the pages, while another thread adds one."""
    seen = 0
    try:
        for _ in pages:
            seen += 1
            if seen == 1:
                on_threads(1, lambda: visits.update({"/late": 1}))
    except RuntimeError as error:
        return f"{seen} seen, {error}"
    return f"{seen} seen, added meanwhile"


def main():
    version = f"{platform.python_implementation()} {platform.python_version()}"
    stage.tell(f"{version}, {gil()}")
    answers = answered(QUESTIONS, PATIENCE)
    sys.setswitchinterval(0.005)  # the default again
    at_once = "two threads at once" if answers else "one at a time"
    stage.tell(f"{version} answers {answers} of {QUESTIONS} questions: {at_once}")

    stage.tell("\ncheck, then act: two threads visit a new page")
    both_have_checked = threading.Barrier(2)
    in_two = two_visits(lambda visits, page: visit_in_two(visits, page, both_have_checked.wait))
    stage.tell(f"  {'both check before either acts':<32} {in_two} counted")
    stage.tell(f"  {'one lock around both':<32} {two_visits(visit)} counted")

    stage.tell("\ngo through a dictionary of two pages, while a thread adds one")
    visits = {"/a": 1, "/b": 1}
    stage.tell(f"  {'the dictionary itself':<22} {go_through(visits, visits)}")
    visits = {"/a": 1, "/b": 1}
    stage.tell(f"  {'a copy':<22} {go_through(visits.copy(), visits)}")


if __name__ == "__main__":
    stage.show(main)
