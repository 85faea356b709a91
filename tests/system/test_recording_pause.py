"""A pause on a real Asterisk: what is said in it is not in the recording, what comes after is."""

import asyncio
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from calls.model import Outcome
from helpline.lab.bed import Bed
from helpline.lab.media import tone
from helpline.lab.script import Press, Say, Wait
from helpline.recording_adapters import AsteriskRecorder
from recordings.audio import RATE, read_wav
from recordings.pausing import pause, pauses, resume
from tests.system.callers import CITIZENS_TONE, ends_as, place

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT = timedelta(seconds=60)


def speaks(path: Path) -> list[bool]:
    """Whether the citizen's tone is heard, in each half second."""
    citizen = read_wav(path)[:, 0].astype(np.float64) / 32768
    halves = citizen[: len(citizen) // (RATE // 2) * (RATE // 2)].reshape(-1, RATE // 2)
    return [bool(np.sqrt(np.mean(half**2)) > 0.02) for half in halves]


async def test_what_is_said_in_a_pause_is_not_in_the_recording(helpline: Bed) -> None:
    steps = (Wait(1), Say(tone(CITIZENS_TONE, 12)), Press("1"))
    call = await place(helpline, steps)
    await call.until("answered_at")
    pool, recorder = helpline.helpline.pool, AsteriskRecorder(helpline.helpline.live.link)
    await asyncio.sleep(3)
    clock = asyncio.get_running_loop().time
    began = clock()
    await pause(
        *(pool, recorder, call.id),
        by="agent:1001",
        why="Aadhaar",
        limit=LIMIT,
        now=helpline.now(),
    )
    await asyncio.sleep(4)
    await resume(pool, recorder, call.id, by="agent:1001", now=helpline.now())
    most = clock() - began
    recording = await ends_as(call, Outcome.NO_AGENT)
    heard = speaks(recording)
    first, last = heard.index(True), len(heard) - heard[::-1].index(True)
    silent = [not half for half in heard[first:last]]
    # At least the four seconds, in halves, at most a half off at either end.
    assert 6 <= sum(silent) <= 2 * most + 2
    begins = silent.index(True)
    assert all(silent[begins : begins + 6])
    row = (await helpline.rows("select id from recording where call_id = $1", call.id))[0]
    async with pool.acquire() as conn:
        [shown] = await pauses(conn, row["id"])
    assert (shown.paused_by, shown.resumed_by) == ("agent:1001", "agent:1001")
