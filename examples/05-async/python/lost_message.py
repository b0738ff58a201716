"""Four messages in pieces, read by three loops that also do something else. One of them loses bytes."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lab/python"))
import stage  # first: from here on, Ctrl-C is quiet

import asyncio

PIECES = [b"alpha", b"bra", b"vodelta", b"hotel"]
TICK = 0.01
FRAME = 5


# ANCHOR: new_read_each_turn
async def new_read_each_turn(reader, read_frame):
    frames = []
    while True:
        try:
            frame = await asyncio.wait_for(read_frame(reader), TICK)
            frames.append(frame.decode())
        except TimeoutError:
            pass  # the tick: something else to do
        except asyncio.IncompleteReadError:
            return frames
# ANCHOR_END: new_read_each_turn


# ANCHOR: read_frame
async def read_frame(reader):
    return await reader.readexactly(FRAME)  # takes nothing before all is there


async def read_in_two(reader):
    head = await reader.readexactly(2)
    return head + await reader.readexactly(FRAME - 2)  # cancelled here, head is lost
# ANCHOR_END: read_frame


# ANCHOR: one_read_each_frame
async def one_read_each_frame(reader, read_frame):
    frames = []
    while True:
        read = asyncio.create_task(read_frame(reader))
        while not (await asyncio.wait([read], timeout=TICK))[0]:
            pass  # the tick; asyncio.wait cancels nothing
        try:
            frames.append(read.result().decode())
        except asyncio.IncompleteReadError:
            return frames
# ANCHOR_END: one_read_each_frame


def begin():
    """A connection in memory, on which the pieces come; between any two of them is a tick."""
    reader = asyncio.StreamReader()

    async def write():
        for piece in PIECES:
            await asyncio.sleep(TICK * 5)
            reader.feed_data(piece)
        await asyncio.sleep(TICK * 5)
        reader.feed_eof()

    return reader, asyncio.create_task(write())


async def run():
    stage.tell("sent                    alpha bravo delta hotel")
    stage.tell(f"in the pieces           {' | '.join(map(bytes.decode, PIECES))}\n")
    for what, loop, read in (
        ("a new read each turn", new_read_each_turn, read_frame),
        ("the same, in two reads", new_read_each_turn, read_in_two),
        ("one task for each frame", one_read_each_frame, read_in_two),
    ):
        reader, writer = begin()
        frames = await loop(reader, read)
        await writer
        stage.tell(f"{what:<24}{' '.join(frames)}")


def main():
    asyncio.run(run())


if __name__ == "__main__":
    stage.show(main)
