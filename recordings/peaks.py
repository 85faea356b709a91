"""How loud each side of a recording is over time: what a player draws. Made once, then kept."""

import asyncio
import io
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import soundfile
from numpy.typing import NDArray

from db.pool import Pool
from db.statements import statements
from recordings.errors import AudioError
from recordings.vault import StoredObject, Vault

PIECES = 800
"""A picture is not wider than a page."""

_FULL_SCALE = 32768
_LARGEST = 256 * 1024 * 1024
"""Bytes of a file that is opened in memory: four hours of an original, days of a copy."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """`levels`: for each channel at most `PIECES` bytes, 0 silence, 255 full scale.

    The first channel is the citizen, the second what the citizen hears.
    """

    seconds: float
    levels: tuple[bytes, ...]

    def as_json(self) -> dict[str, object]:
        """For the player."""
        return {"seconds": self.seconds, "levels": [list(one) for one in self.levels]}


async def peaks_of(
    pool: Pool, vault: Vault, one: StoredObject, turn: asyncio.Semaphore, now: datetime
) -> Peaks:
    """As they are kept, else made now, within a `turn`. Raises `AudioError` and as `Vault.read`."""
    kept = await _kept(pool, one.recording_id)
    if kept is not None:
        return kept
    if one.bytes > _LARGEST:
        raise AudioError(f"{one.bytes} bytes are too many to draw")
    async with turn:
        # Who had the turn before may have drawn the same.
        return await _kept(pool, one.recording_id) or await _drawn(pool, vault, one, now)


async def _kept(pool: Pool, recording_id: UUID) -> Peaks | None:
    async with pool.acquire(timeout=2) as conn:
        row = await statements().recordings_peaks(conn, id=recording_id)
    return row and Peaks(row["seconds"], _apart(row["levels"], row["channels"]))


async def _drawn(pool: Pool, vault: Vault, one: StoredObject, now: datetime) -> Peaks:
    found = await asyncio.to_thread(lambda: measured(b"".join(vault.pieces(one))))
    async with pool.acquire(timeout=2) as conn:
        await statements().recordings_put_peaks(
            conn, id=one.recording_id, seconds=found.seconds, channels=len(found.levels),
            levels=b"".join(found.levels), at=now,
        )  # fmt: skip
    return found


def measured(file: bytes) -> Peaks:
    """Of a WAV or Ogg file. Raises `AudioError`. Blocks."""
    try:
        with soundfile.SoundFile(io.BytesIO(file)) as audio:
            each = max(1, -(-audio.frames // PIECES))
            found = [
                np.max(np.abs(block.astype(np.int32)), axis=0)
                for block in audio.blocks(each, dtype="int16", always_2d=True)
            ]
            channels, seconds = audio.channels, audio.frames / audio.samplerate
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise AudioError(f"the recording does not decode: {error}") from error
    peaks: NDArray[np.int32] = np.array(found, dtype=np.int32).reshape(-1, channels)
    levels = np.minimum(peaks * 255 // _FULL_SCALE, 255).astype(np.uint8)
    return Peaks(seconds, tuple(levels[:, one].tobytes() for one in range(channels)))


def _apart(levels: bytes, channels: int) -> tuple[bytes, ...]:
    each = len(levels) // channels
    return tuple(levels[one * each : (one + 1) * each] for one in range(channels))
