"""A second cell in a process of its own, for a test that kills it: `second_cell.py URL`."""

import asyncio
import sys

from db.pool import open_pool
from helpline.clock import system_clock
from tests.cti.room import opened, receive
from tests.cti.test_supervising import DIRECTORY, members

AGENT = "2001"


async def serve(url: str) -> None:
    """One agent, ready, until killed."""
    pool = await open_pool(url, size=4)
    async with opened(pool, cell="cell2", directory=DIRECTORY, now=system_clock) as room:
        page = await room.page(AGENT)
        await receive(page, "hello")
        await members(room, ("helpline-hi", AGENT))
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
