"""A coroutine that is made does nothing. It takes a step when it is sent to, and a task when its loop gets round to it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio


# ANCHOR: ask
class Answer:
    value = None

    def __await__(self):
        while self.value is None:
            yield  # not yet
        return self.value


async def ask(steps, answer):
    steps.append("asked")
    value = await answer
    steps.append("answered")
    return value
# ANCHOR_END: ask


# ANCHOR: by_hand
def by_hand():
    def tell(event):
        stage.tell(f"  {event:<30} steps: {len(steps)}")

    def poll(coroutine):
        try:
            coroutine.send(None)
            return "sent to: it yields"
        except StopIteration:
            return "sent to: it returns"

    stage.tell("a coroutine, driven by hand")
    steps, answer = [], Answer()
    coroutine = ask(steps, answer)
    tell("called")
    tell(poll(coroutine))
    tell(poll(coroutine))
    answer.value = 42
    tell("the answer is there")
    tell(poll(coroutine))
# ANCHOR_END: by_hand


async def spawned():
    def tell(event):
        stage.tell(f"  {event:<30} steps: {len(steps)}")

    stage.tell("a task, on an event loop")
    steps, answer = [], Answer()
    task = asyncio.create_task(ask(steps, answer))
    tell("created")
    await asyncio.sleep(0)
    tell("we have waited for one turn")
    answer.value = 42
    tell("the answer is there")
    await task
    tell("we have waited for the task")


def main():
    by_hand()
    asyncio.run(spawned())


if __name__ == "__main__":
    stage.show(main)
