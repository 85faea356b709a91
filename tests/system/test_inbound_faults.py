"""What citizens meet while a part of the helpline is away: the database, or Asterisk itself."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from psycopg.conninfo import conninfo_to_dict

from calls.model import Outcome
from helpline.lab.bed import CITIZEN, Bed, CellPlan, bed
from helpline.lab.media import RATE, tone
from helpline.lab.phones import PhoneCall
from helpline.lab.relay import Relay
from helpline.lab.script import Answer, Press, Say, Wait
from helpline.lab.tones import heard, level
from helpline.tools import Tools
from speech.prompts import Prompt
from tests.database import fresh_database
from tests.system.callers import (
    AGENTS_TONE,
    AT_ONCE,
    CITIZENS_TONE,
    RAMLAL,
    TO_THE_QUEUE,
    Caller,
    connected,
    ends_as,
    in_queue,
    newest_call,
    place,
    signed_in,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

RELAY = ("127.0.12.9", 15432)
KEEPS_PRESSING = (Wait(1.0), Press("1")) * 40
TALKS = Say(tone(AGENTS_TONE, 120))


@dataclass(frozen=True)
class Cell:
    """A helpline whose line to the database can be cut."""

    bed: Bed
    database: Relay

    @asynccontextmanager
    async def without_database(self) -> AsyncIterator[None]:
        await self.database.cut()
        try:
            yield
        finally:
            await self.database.start()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(tools: Tools, postgres_url: str) -> AsyncIterator[Cell]:
    there = conninfo_to_dict(fresh_database(postgres_url, "system_faults"))

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = str(there.get("host") or "127.0.0.1"), there.get("port") or 5432
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, int(port))

    relay = Relay(*RELAY, connect)
    await relay.start()
    user = f"{quote(str(there['user']))}:{quote(str(there.get('password') or ''), safe='')}"
    try:
        # A short path: Asterisk's control socket lies below it.
        with tempfile.TemporaryDirectory(prefix="hl-") as folder:
            async with bed(
                Path(folder),
                tools,
                network="127.0.12",
                http_port=8277,
                database_url=f"postgresql://{user}@{RELAY[0]}:{RELAY[1]}/{there['dbname']}",
                cell=CellPlan(patience_seconds=4),
            ) as running:
                yield Cell(running, relay)
    finally:
        await relay.cut()


@pytest_asyncio.fixture(loop_scope="session")
async def cell(made: Cell) -> AsyncIterator[Cell]:
    yield made
    await made.bed.clear_lines()


@dataclass(frozen=True)
class Ear:
    """A second recording of a line, made by Asterisk alone."""

    file: Path

    def heard(self) -> list[str]:
        """The prompts so far."""
        if not self.file.exists():
            return []
        samples = np.fromfile(self.file, dtype="<i2")
        whole = self.file.with_suffix(".wav")
        soundfile.write(whole, samples, RATE)
        return heard(whole)


async def test_who_calls_while_the_database_is_away_is_asked_to_wait_and_then_served(
    cell: Cell, tmp_path: Path
) -> None:
    bed = cell.bed
    before = await bed.last_call_id()
    began = time.monotonic()
    async with cell.without_database():
        phone, ear = await _call_unseen(bed, tmp_path)
        await _hears(bed, ear, Prompt.PLEASE_WAIT)
    call = Caller(bed, phone, await newest_call(bed, before))
    # Nothing is recorded before there is a row to find it by.
    recording = await ends_as(call, Outcome.NO_AGENT, begins_after=time.monotonic() - began)
    assert heard(recording)[:2] == [Prompt.GREETING, Prompt.RECORDING_NOTICE]
    row = await call.row()
    assert row["citizen_number"] == f"+91{CITIZEN}"
    assert row["started_at"] < row["answered_at"] < row["queued_at"] < row["ended_at"]
    assert await call.callbacks() == [(f"+91{CITIZEN}", "no_agent")]


async def test_a_database_that_stays_away_longer_than_a_citizen_can_wait_ends_in_an_apology(
    cell: Cell, tmp_path: Path
) -> None:
    bed = cell.bed
    before = await bed.last_call_id()
    async with cell.without_database():
        phone, ear = await _call_unseen(bed, tmp_path)
        await phone.wait()
        said = ear.heard()
    assert said[0] == Prompt.PLEASE_WAIT
    apology = said[said.index(Prompt.TECHNICAL_FAULT) + 1 :]  # in the dialplan
    assert set(apology) == {Prompt.EMERGENCY_KEY}  # again after a wrong key
    row = await Caller(bed, phone, await newest_call(bed, before)).ended()
    assert (row["outcome"], row["citizen_number"]) == (Outcome.UNAVAILABLE, f"+91{CITIZEN}")
    assert row["started_at"] < row["answered_at"] < row["ended_at"]


async def test_an_emergency_service_is_one_key_away_while_the_database_is(
    cell: Cell, tmp_path: Path
) -> None:
    bed = cell.bed
    before = await bed.last_call_id()
    await bed.line.expect(Answer((TALKS,), ring=0.1))
    async with cell.without_database():
        phone, ear = await _call_unseen(bed, tmp_path, (Wait(1.0), Press("9")) * 40)
        await connected(bed)
        assert Prompt.TECHNICAL_FAULT not in ear.heard()
        await phone.bye()
    row = await Caller(bed, phone, await newest_call(bed, before)).ended()
    assert (row["outcome"], row["citizen_number"]) == (Outcome.EMERGENCY, f"+91{CITIZEN}")
    assert row["started_at"] < row["answered_at"] < row["ended_at"]
    await bed.clear_lines()


async def test_a_database_away_from_menu_to_agent_loses_nothing(cell: Cell) -> None:
    bed = cell.bed
    async with signed_in(bed) as page:
        await bed.agent_phone().expect(Answer((TALKS,), ring=0.5))
        call = await place(bed, TO_THE_QUEUE)
        await call.until("answered_at")
        async with cell.without_database():
            pop = await page.wait_for("pop", call=str(call.id))
            await page.wait_for("answered", call=str(call.id))
        assert (pop["caller"], pop["history"]) == (f"+91{CITIZEN}", None)
        await call.until("agent_answered_at")
        await call.phone.bye()
        recording = await ends_as(call, Outcome.AGENT_ANSWERED)
    row = await call.row()
    assert (row["queue"], row["agent_id"]) == ("helpline-hi", "1001")
    assert row["queued_at"] < row["pop_at"] < row["agent_answered_at"] < row["ended_at"]
    assert level(recording, 0, CITIZENS_TONE) > 0.9


async def test_a_call_back_owed_while_the_database_is_away_is_written_later(cell: Cell) -> None:
    bed = cell.bed
    call = await place(bed, TO_THE_QUEUE)
    await call.until("answered_at")
    async with cell.without_database():
        await call.phone.wait(40)  # the line is not kept while the row is tried again and again
    recording = await ends_as(call, Outcome.NO_AGENT)
    # What is not written is not promised.
    apology = [Prompt.NO_AGENT, Prompt.CALL_AGAIN, Prompt.EMERGENCY_KEY]
    assert heard(recording)[-3:] == apology

    async def owed() -> bool | None:
        return await call.callbacks() == [(f"+91{CITIZEN}", "no_agent")] or None

    await bed.until("the call-back's row", owed)


async def test_asterisk_dies_with_its_calls_and_the_next_call_is_served(cell: Cell) -> None:
    bed = cell.bed
    async with signed_in(bed) as page:
        await bed.agent_phone().expect(Answer((TALKS,), ring=0.1))
        talked = await place(bed, TO_THE_QUEUE)
        await talked.until("agent_answered_at")
        in_menu = await place(bed, (Wait(60),))
        await in_menu.until("answered_at")
        await asyncio.sleep(2)  # of talk, so that there is something to be lost
        os.kill(bed.helpline.asterisk.process.pid, signal.SIGKILL)
        await in_menu.ended()
        await bed.hang_up_all()
        await in_queue(bed, present=True)
        await bed.agent_phone().expect(Answer((TALKS,), ring=0.1))
        after = await place(bed, TO_THE_QUEUE)
        await page.wait_for("answered", call=str(after.id))
        await after.phone.bye()
        await ends_as(after, Outcome.AGENT_ANSWERED)
    assert (await talked.ended())["outcome"] == Outcome.LOST
    assert (await in_menu.row())["outcome"] == Outcome.IVR_ABANDONED
    kept = await bed.stored(talked.id)
    assert level(kept, 0, CITIZENS_TONE) > 0.9
    assert level(kept, 1, AGENTS_TONE) > 0.1
    await bed.stored(in_menu.id)


async def _call_unseen(
    bed: Bed, folder: Path, steps: tuple[Wait | Press, ...] = KEEPS_PRESSING
) -> tuple[PhoneCall, Ear]:
    """A call that no row tells of; what its citizen hears is recorded by Asterisk itself."""
    phone = await bed.free_phone().place("1076", RAMLAL, steps, hang_up=False, rate=AT_ONCE)
    asterisk, ear = bed.helpline.asterisk.process, Ear(folder / "heard.sln")

    async def channel() -> str | None:
        shown = await asterisk.cli("core show channels concise")
        return next((line.split("!")[0] for line in shown.splitlines() if "!" in line), None)

    name = await bed.until("a channel", channel)
    await asterisk.cli(f"mixmonitor start {name} {ear.file}")
    return phone, ear


async def _hears(bed: Bed, ear: Ear, prompt: Prompt) -> None:
    async def so() -> bool | None:
        return prompt in ear.heard() or None

    await bed.until(f"the citizen to hear {prompt}", so)
