"""Citizens who call the helpline, and what becomes of their calls."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from calls.model import Outcome
from dialplans.errors import AsteriskError
from dialplans.names import QUEUE_DEFAULT, agent_interface
from helpline.demo.agent import AgentPage
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.media import tone
from helpline.lab.phones import PhoneCall
from helpline.lab.script import Press, Say, Wait

RAMLAL = f'"रामलाल" <sip:{CITIZEN}@citizen.invalid>'
CITIZENS_TONE, AGENTS_TONE = 440.0, 3100.0  # Hz; the prompts' tones lie between
# The prompts before the menu last 0.8 s, the menu itself 2 s: this is in its midst.
IN_THE_MENU = Wait(1.6)
TALKING = Say(tone(CITIZENS_TONE, 120))  # until somebody hangs up
AT_ONCE = 50.0  # SIPp waits for 1 / rate s before its first call
TO_THE_QUEUE = (IN_THE_MENU, Press("1"), TALKING)


@dataclass(frozen=True)
class Caller:
    """One call that was placed and has its row."""

    bed: Bed
    phone: PhoneCall
    id: UUID

    async def row(self) -> dict[str, Any]:
        """Its row now."""
        return dict((await self.bed.rows("select * from call where id = $1", self.id))[0])

    async def until(self, column: str, seconds: float = 60) -> dict[str, Any]:
        """Its row, once `column` is filled."""

        async def filled() -> dict[str, Any] | None:
            row = await self.row()
            return row if row[column] is not None else None

        return await self.bed.until(f"the call's {column}", filled, seconds)

    async def ended(self, seconds: float = 60) -> dict[str, Any]:
        """Its row, once it has ended."""
        return await self.until("ended_at", seconds)

    async def recording(self, *, begins_after: float = 0) -> Path:
        """Its only recording, stored and as long as the call was.

        `begins_after`: how many seconds the citizen may have waited for its row, unrecorded.
        """
        path = await self.bed.stored(self.id)
        rows = await self.bed.rows("select * from recording where call_id = $1", self.id)
        assert [row["kind"] for row in rows] == ["call"]
        row = await self.ended()
        length = (row["ended_at"] - row["answered_at"]).total_seconds()
        # Asterisk starts to record a moment after the answer, we notice the end a moment late.
        assert length - begins_after - 5 < rows[0]["seconds"] < length + 1
        assert rows[0]["channels"] == 2
        return path

    async def callbacks(self) -> list[tuple[str, str]]:
        """What we owe for this call: number, reason."""
        rows = await self.bed.rows(
            "select * from callback where call_id = $1 and reason <> 'queue_abandoned'", self.id
        )
        return [(row["number"], row["reason"]) for row in rows]


async def place(
    bed: Bed,
    steps: Sequence[Say | Press | Wait],
    *,
    identity: str = RAMLAL,
    headers: Sequence[str] = (),
    hang_up: bool = False,
    number: str = "1076",
) -> Caller:
    """Call a number of ours from a free telephone; the call whose row then appears."""
    before = await bed.last_call_id()
    phone = await bed.free_phone().place(
        number, identity, steps, headers=headers, hang_up=hang_up, rate=AT_ONCE
    )

    return Caller(bed, phone, await newest_call(bed, before))


async def newest_call(bed: Bed, after: UUID | None) -> UUID:
    """The first inbound call newer than `after`, once it has its row."""

    async def appeared() -> UUID | None:
        rows = await bed.rows(
            "select id from call where direction = 'inbound' and ($1::uuid is null or id > $1)"
            " order by id limit 1",
            after,
        )
        return rows[0]["id"] if rows else None

    return await bed.until("the call's row", appeared)


async def ends_as(caller: Caller, outcome: Outcome, *, begins_after: float = 0) -> Path:
    """The call ended so, and its recording is there; `begins_after` as of `recording`."""
    row = await caller.ended()
    assert row["outcome"] == outcome
    return await caller.recording(begins_after=begins_after)


@asynccontextmanager
async def signed_in(bed: Bed, number: int = 0) -> AsyncIterator[AgentPage]:
    """An agent's page, open, and the agent in the queue; signed out at the end."""
    async with bed.page(number) as page:
        await in_queue(bed, number, present=True)
        try:
            yield page
        finally:
            await page.sign_out()
            await in_queue(bed, number, present=False)


async def in_queue(bed: Bed, number: int = 0, *, present: bool) -> None:
    """Wait until Asterisk has the agent as a member of the queue, or has them no more."""
    member = agent_interface(str(1001 + number))

    async def so() -> bool | None:
        try:
            shown = await bed.helpline.asterisk.process.cli(f"queue show {QUEUE_DEFAULT}")
        except AsteriskError:  # between two lives
            return None
        return True if (member in shown) == present else None

    await bed.until(f"agent in the queue: {present}", so, 60)


async def all_of(*calls: Caller) -> None:
    """Wait until these calls have ended."""
    await asyncio.gather(*(call.ended() for call in calls))


async def connected(bed: Bed) -> None:
    """Wait until two channels are in one bridge."""

    async def so() -> bool | None:
        shown = await bed.helpline.asterisk.process.cli("core show channels concise")
        bridges = [line.split("!")[12] for line in shown.splitlines() if line.count("!") > 12]
        return True if any(bridges.count(one) == 2 for one in bridges if one) else None

    await bed.until("the emergency service to be connected", so)
