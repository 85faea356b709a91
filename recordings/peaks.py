"""How loud each side of a recording is over time: what a player draws. Made once, then kept."""

import asyncio
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import soundfile
from numpy.typing import NDArray

from db.pool import Pool
from db.statements import statements
from recordings.audio import WAV_HEADER, wav_blocks
from recordings.errors import AudioError
from recordings.vault import StoredObject, Vault

PIECES = 800
"""A picture is not wider than a page."""

_FULL_SCALE = 32768
_LARGEST = 64 * 1024 * 1024
"""Bytes of a copy, which is decoded in memory: six hours. An original passes piece by piece."""


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
    if one.format != "wav" and one.bytes > _LARGEST:
        raise AudioError(f"{one.bytes} bytes are too many to draw")
    async with turn:
        # Who had the turn before may have drawn the same.
        return await _kept(pool, one.recording_id) or await _drawn(pool, vault, one, now)


async def _kept(pool: Pool, recording_id: UUID) -> Peaks | None:
    async with pool.acquire(timeout=2) as conn:
        row = await statements().recordings_peaks(conn, id=recording_id)
    return row and Peaks(row["seconds"], _apart(row["levels"], row["channels"]))


async def _drawn(pool: Pool, vault: Vault, one: StoredObject, now: datetime) -> Peaks:
    found = await asyncio.to_thread(measured, vault, one)
    async with pool.acquire(timeout=2) as conn:
        await statements().recordings_put_peaks(
            conn, id=one.recording_id, seconds=found.seconds, channels=len(found.levels),
            levels=b"".join(found.levels), at=now,
        )  # fmt: skip
    return found


def measured(vault: Vault, one: StoredObject) -> Peaks:
    """Of the file as it is kept. Raises `AudioError` and as `Vault.read`. Blocks."""
    pieces = vault.pieces(one)
    return of_wav(pieces, one.bytes) if one.format == "wav" else of_ogg(b"".join(pieces))


def of_wav(pieces: Iterable[bytes], size: int) -> Peaks:
    """Of a WAV file of ours of so many bytes, which is never in memory. Raises `AudioError`."""
    channels, rate, blocks = wav_blocks(pieces)
    frames = max(0, size - WAV_HEADER) // (2 * channels)
    each = max(1, -(-frames // PIECES))
    loudest = np.zeros((PIECES, channels), np.int32)
    done = 0
    for block in blocks:
        loud = np.abs(block.astype(np.int32))
        starts = np.arange(-done % each, len(block), each)
        starts = starts if done % each == 0 else np.concatenate([[0], starts])
        at = done // each
        found = np.maximum.reduceat(loud, starts)
        if at + len(found) > PIECES:
            raise AudioError("the recording is longer than its file")
        loudest[at : at + len(found)] = np.maximum(loudest[at : at + len(found)], found)
        done += len(block)
    return _peaks(loudest[: -(-done // each)], done / rate)


def of_ogg(file: bytes) -> Peaks:
    """Of a copy. Raises `AudioError`."""
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
    return _peaks(np.array(found, dtype=np.int32).reshape(-1, channels), seconds)


def _peaks(loudest: NDArray[np.int32], seconds: float) -> Peaks:
    levels = np.minimum(loudest * 255 // _FULL_SCALE, 255).astype(np.uint8)
    return Peaks(seconds, tuple(side.tobytes() for side in levels.T))


def _apart(levels: bytes, channels: int) -> tuple[bytes, ...]:
    each = len(levels) // channels
    return tuple(levels[one * each : (one + 1) * each] for one in range(channels))
