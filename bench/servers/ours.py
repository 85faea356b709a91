"""Our FastAGI server as `helpline serve` runs it (uvloop), with a durable row for each call.

Two scripts. `answer-first` is what is compared: ANSWER is the first command, as in the others; the
row is written while Asterisk answers, and nothing is played before it is durable. With `row-first`
nobody is answered before their row is durable: the wait shows in INVITE to 200 instead.
"""

import argparse
import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import uvloop

from agi.caller import new_inbound_call
from agi.server import FastAgiServer
from agi.session import Session
from calls.journal import CallJournal
from calls.model import Outcome
from db.group_commit import GroupCommit
from db.pool import open_pool
from helpline import logs
from helpline.clock import system_clock

CELL = "bench"
ANSWER_FIRST, ROW_FIRST = "answer-first", "row-first"
DATABASE_VARIABLE = "HELPLINE_DATABASE_URL"


@dataclass(frozen=True)
class Flows:
    """The measured dialogue with a row that is opened and ended."""

    journal: CallJournal
    now: Callable[[], datetime]

    async def answer_first(self, session: Session) -> None:
        call = new_inbound_call(session, cell=CELL, now=self.now())
        row = asyncio.create_task(self.journal.opened(call), name=f"row {call.id}")
        try:
            await session.answer()
        finally:
            await row
        await session.stream("beep")
        await session.hangup()
        await self.journal.ended(call.id, Outcome.UNAVAILABLE, self.now())

    async def row_first(self, session: Session) -> None:
        call = new_inbound_call(session, cell=CELL, now=self.now())
        await self.journal.opened(call)
        await session.answer()
        await session.stream("beep")
        await session.hangup()
        await self.journal.ended(call.id, Outcome.UNAVAILABLE, self.now())


async def _serve(host: str, port: int, url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    pool = await open_pool(url)
    commit = GroupCommit(lambda: pool)
    writing = asyncio.create_task(commit.run(), name="group commit")
    flows = Flows(CallJournal(commit), system_clock)
    server = FastAgiServer(
        {ANSWER_FIRST: flows.answer_first, ROW_FIRST: flows.row_first}, host=host, port=port
    )
    await server.start()
    print("ready", flush=True)
    await stop.wait()
    await server.drain(5)
    await commit.drain(5)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await pool.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    logs.configure(level="info")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options.host, options.port, os.environ[DATABASE_VARIABLE]))


if __name__ == "__main__":
    main()
