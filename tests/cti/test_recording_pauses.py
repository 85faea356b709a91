"""Pauses of recordings, as agents ask for them, while Asterisk takes its time."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from cti.errors import NotNowError
from cti.pausing import RecordingPauses
from cti.why import Why
from db.ids import new_id
from db.pool import Pool
from tests.db.locks import until_somebody_waits

AT = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


class Recorder:
    """Asterisk: it answers when it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked: list[bool] = []
        self.most = self._now = 0

    async def file(self, channel: str) -> str:
        raise AssertionError(channel)  # each has its row

    async def mute(self, channel: str, *, muted: bool) -> None:
        del channel
        self._now += 1
        self.most = max(self.most, self._now)
        self.asked.append(muted)
        try:
            await self.go.wait()
        finally:
            self._now -= 1


async def paused(pool: Pool) -> UUID:
    """A call whose recording another process before us has paused."""
    call, recording, at = new_id(AT), new_id(AT), AT - timedelta(seconds=5)
    await pool.execute(
        "insert into call (id, cell, direction, citizen_number_raw, service_number, started_at)"
        " values ($1, 'cell1', 'inbound', '', '', $2)", call, at,
    )  # fmt: skip
    await pool.execute(
        "insert into recording (id, call_id, kind, cell, started_at)"
        " values ($1, $2, 'call', 'cell1', $3)", recording, call, at,
    )  # fmt: skip
    await pool.execute(
        "insert into recording_pause (id, recording_id, paused_at, paused_by, why, limit_at)"
        " values ($1, $2, $3, 'agent:1001', 'Aadhaar', $4)",
        *(new_id(AT), recording, at, AT + timedelta(minutes=1)),
    )
    return call


def pauses_of(pool: Pool, recorder: Recorder) -> RecordingPauses:
    return RecordingPauses(lambda: pool, recorder, limit=timedelta(minutes=1), now=lambda: AT)


async def test_a_page_loaded_while_the_agent_resumes_is_not_told_that_it_is_paused(
    pool: Pool,
) -> None:
    recorder, call = Recorder(), await paused(pool)
    pauses = pauses_of(pool, recorder)
    resuming = asyncio.create_task(pauses.resume("1001", call))
    async with asyncio.timeout(20):
        while not recorder.asked:
            await asyncio.sleep(0.01)
    loaded = asyncio.create_task(pauses.asked(call))
    async with pool.acquire() as conn:
        await until_somebody_waits(conn)
    recorder.go.set()
    shown = await asyncio.gather(resuming, loaded)
    assert [one["paused"] for one in shown] == [False, False]
    assert recorder.asked == [False], "recorded again, and nobody mutes after it"


async def test_a_page_is_told_how_long_a_pause_lasts_and_needs_no_right_clock(pool: Pool) -> None:
    recorder, call = Recorder(), await paused(pool)
    shown = await pauses_of(pool, recorder).shown(call)
    assert (shown["paused"], shown["left"]) == (True, 60.0)
    late = RecordingPauses(
        lambda: pool, recorder, limit=timedelta(minutes=1), now=lambda: AT + timedelta(minutes=2)
    )
    assert (await late.shown(call))["left"] == 0


async def test_a_pause_stands_when_another_than_who_began_it_leaves(pool: Pool) -> None:
    """They had the citizen by then, and paused for a reason of their own."""
    recorder, call = Recorder(), await paused(pool)
    recorder.go.set()
    pauses = pauses_of(pool, recorder)
    await pauses.end(call, "handed on", of="agent:1002")
    assert (recorder.asked, (await pauses.shown(call))["paused"]) == ([], True)
    await pauses.end(call, "handed on", of="agent:1001")
    assert (recorder.asked, (await pauses.shown(call))["paused"]) == ([False], False)


async def test_a_stalled_asterisk_holds_few_connections_and_others_are_told_to_try_again(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.recorder._ASTERISK_SECONDS", 60)
    monkeypatch.setattr("cti.pausing._TURN_SECONDS", 0.3)
    recorder = Recorder()
    calls = [await paused(pool) for _ in range(6)]
    pauses = pauses_of(pool, recorder)
    resuming = [asyncio.create_task(pauses.resume("1001", call)) for call in calls]
    told, waiting = await _refused(resuming, 3)
    assert told == [Why.RECORDING_BUSY] * 3
    await pauses.end(calls[5], by="agent:1001")  # handing on does not fail: paused to its limit
    assert (recorder.most, len(recorder.asked)) == (3, 3)
    recorder.go.set()
    shown = await asyncio.wait_for(asyncio.gather(*waiting), 20)
    assert [one["paused"] for one in shown] == [False] * 3
    assert not (await pauses.resume("1001", calls[5]))["paused"]


async def _refused(
    tasks: list[asyncio.Task[Mapping[str, Any]]], number: int
) -> tuple[list[str | None], list[asyncio.Task[Mapping[str, Any]]]]:
    async with asyncio.timeout(20):
        while sum(task.done() for task in tasks) < number:
            await asyncio.sleep(0.01)
    over = [task.exception() for task in tasks if task.done()]
    told = [one.reason.code if isinstance(one, NotNowError) else None for one in over]
    return told, [task for task in tasks if not task.done()]
