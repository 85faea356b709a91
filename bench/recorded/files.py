"""Whether every conversation is on its recording: there, as long as it was, and not silent."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import numpy as np
import numpy.typing as npt
import soundfile

from bench.recorded.stage import MONO, SERVICE, UNRECORDED, RecordedStage
from bench.recorded.talks import Talk, Talked
from bench.stage import StageError
from bench.streams import PACKET_SECONDS
from db.pool import open_pool
from helpline.lab.media import RATE
from helpline.recorded import recording_vault, take_out

_PATIENCE_SECONDS = 300.0
_SHORT_SECONDS = 0.5
_OPENED = 4
"""Recordings of a step that are listened to."""
_WINDOW = RATE // 20
_QUIET, _QUIET_SECONDS = 0.01, 0.3
_EDGE_SECONDS = 1.0
_ROWS = """
select right(c.citizen_number, 10) as number, c.outcome, c.ended_at is not null as ended,
       r.id, r.state, r.seconds, r.copied_at is not null as copied
from call c left join recording r on r.call_id = c.id
where right(c.citizen_number, 10) = any($1)
"""

Samples = npt.NDArray[np.float32]


@dataclass
class Checked:
    """What the recordings of a step are like."""

    recorded: int = 0
    short_seconds: list[float] = field(default_factory=list)
    """By how much each is shorter than what its citizen has said, packet by packet."""
    opened: int = 0
    faults: list[str] = field(default_factory=list)


class Files:
    """Looks at the recordings of one step after another."""

    def __init__(self, on: RecordedStage) -> None:
        self._on = on

    async def check(self, dialled: str, talked: Talked) -> Checked:
        """Waits until the product has closed and copied them. Raises `StageError`."""
        found = Checked()
        if dialled == UNRECORDED:
            return found
        talks = [talk for talk in talked.talks.values() if talk.agent]
        said = {
            talk.number: self._on.speaking.sent(index) * PACKET_SECONDS
            for index, talk in enumerate(talked.talks.values())
            if talk.agent
        }
        if dialled == SERVICE:
            lengths = await self._of_product(sorted(said), found)
            samples = await self._opened(talks[:_OPENED])
        else:
            lengths = {number: _plain_seconds(self._file(dialled, number)) for number in said}
            samples = [_read(self._file(dialled, talk.number)) for talk in talks[:_OPENED]]
        found.recorded = len(lengths)
        for number, seconds in said.items():
            short = seconds - lengths.get(number, 0.0)
            found.short_seconds.append(short)
            if short > _SHORT_SECONDS:
                found.faults.append(f"{number}: recorded {short:.2f} s less than was said")
        for talk, sound in zip(talks, samples, strict=False):
            found.opened += 1
            quiet = longest_quiet(sound, talk.together_seconds)
            if quiet > _QUIET_SECONDS:
                found.faults.append(f"{talk.number}: silent for {quiet:.2f} s")
        return found

    def _file(self, dialled: str, number: str) -> Path:
        return self._on.recordings / f"{number}{'.wav' if dialled == MONO else '.raw'}"

    async def _of_product(self, numbers: Sequence[str], found: Checked) -> dict[str, float]:
        """Each call's row ended as answered, its recording stored and copied: the lengths."""
        connection = await asyncpg.connect(self._on.database.url)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while True:
                    rows = await connection.fetch(_ROWS, numbers)
                    if len(rows) >= len(numbers) and all(row["copied"] for row in rows):
                        break
                    await asyncio.sleep(0.5)
        except TimeoutError:
            stored = sum(row["state"] == "stored" for row in rows)
            raise StageError(
                f"of {len(numbers)} calls {len(rows)} have a recording's row, {stored} are stored, "
                f"{sum(row['copied'] for row in rows)} copied"
            ) from None
        finally:
            await connection.close()
        found.faults += [
            f"{row['number']}: {row['outcome']}, ended: {row['ended']}"
            for row in rows
            if row["outcome"] != "agent_answered" or not row["ended"]
        ]
        if len(rows) > len(numbers):
            found.faults.append(f"{len(rows)} recordings of {len(numbers)} calls")
        return {row["number"]: float(row["seconds"]) for row in rows}

    async def _opened(self, talks: Sequence[Talk]) -> list[Samples]:
        """The product's recordings of these calls, out of the vault."""
        vault, folder = recording_vault(self._on.settings), self._on.recordings
        pool = await open_pool(self._on.database.url, size=1)
        try:
            found = []
            for talk in talks:
                async with pool.acquire(timeout=5) as conn:
                    [row] = await conn.fetch(_ROWS, [talk.number])
                path = await take_out(pool, vault, row["id"], folder)
                found.append(_read(path))
                path.unlink()
            return found
        finally:
            await pool.close()


def longest_quiet(samples: Samples, together_seconds: float) -> float:
    """The longest silence (s) of any channel while both spoke, edges left out."""
    last = samples[-int(max(together_seconds - _EDGE_SECONDS, 0) * RATE) or len(samples) :]
    windows = len(last) // _WINDOW
    longest = 0
    for channel in last[: windows * _WINDOW].T:
        loud = np.sqrt(np.mean(channel.reshape(windows, _WINDOW) ** 2, axis=1)) >= _QUIET
        run = 0
        for one in loud:
            run = 0 if one else run + 1
            longest = max(longest, run)
    return longest * _WINDOW / RATE


def _plain_seconds(path: Path) -> float:
    """0 when there is no file."""
    if not path.exists():
        return 0.0
    if path.suffix == ".raw":
        return path.stat().st_size / (2 * 2 * RATE)
    return float(soundfile.info(path).duration)


def _read(path: Path) -> Samples:
    if path.suffix == ".raw":
        raw = np.fromfile(path, np.int16)
        return (raw[: len(raw) // 2 * 2].reshape(-1, 2) / 32768).astype(np.float32)
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(samples, np.float32)
