"""Tasks that nobody keeps: what becomes of them, and who hears of it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio
import gc


# ANCHOR: job
async def job(work, events):
    end = "dropped"
    try:
        await work
        end = "finished"
    except asyncio.CancelledError:
        end = "cancelled"
        raise
    except Exception:
        end = "raised"
        raise
    finally:
        events.append(end)
# ANCHOR_END: job


# ANCHOR: forget
async def forget(events):
    wait = asyncio.get_running_loop().create_future()
    asyncio.create_task(job(wait, events))  # nobody keeps the task
    await asyncio.sleep(0)  # it has begun, and waits
    wait.set_result(None)
    await asyncio.sleep(0)


async def forget_all(events):
    wait = asyncio.get_running_loop().create_future()
    asyncio.create_task(job(wait, events))
    await asyncio.sleep(0)
    del wait  # now only the task has it, and only it has the task
    gc.collect()


async def forget_and_leave(events):
    asyncio.create_task(job(asyncio.sleep(3600), events))
    await asyncio.sleep(0)
# ANCHOR_END: forget


async def forget_an_error(events):
    async def fail():
        raise ValueError("nobody will ask")

    asyncio.create_task(job(fail(), events))
    await asyncio.sleep(0)
    gc.collect()


def run(lost, scenario):
    events, complaints = [], []

    async def watched():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))
        await scenario(events)

    asyncio.run(watched())
    stage.tell(f"  {lost:<40} {', '.join(events)}")
    for complaint in complaints:
        stage.tell(f"    {complaint}")


def main():
    stage.tell("what becomes of a task that nobody waits for")
    run("nobody keeps it", forget)
    run("nobody keeps it, and it raises", forget_an_error)
    run("nobody keeps it, nor what it waits for", forget_all)
    run("its loop ends", forget_and_leave)


if __name__ == "__main__":
    stage.show(main)
