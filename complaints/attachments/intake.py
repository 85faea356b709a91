"""Files on their way into a disposal: read within bounds, judged, sealed, stored.

The objects lie in the store before any row does. What then becomes of no disposal is given up
here, where that is certain, and swept away later (`recordings.sweeper`) where it is not.
"""

import asyncio
import errno
import hashlib
import os
import stat
from collections.abc import AsyncIterable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from complaints.attachments.limits import Limits, kind_of
from complaints.attachments.model import TakenIn
from complaints.attachments.names import clean_name
from complaints.errors import IntakeOverError, RefusedFileError
from db.ids import new_id
from recordings.errors import StoreError
from recordings.vault import Vault

_log = structlog.get_logger(__name__)
#: Far less than the sweep leaves an object without a row: what is handed over is still there.
_KEEPS = timedelta(hours=1)


class Intake:
    """The files of one disposal, one after another; for one use.

    Each is held in memory while it arrives, at most `limits.bytes_each`: whoever takes in several
    disposals at once bounds how many.
    """

    def __init__(self, vault: Vault, limits: Limits, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._limits = limits
        self._now = now
        self._files: list[TakenIn] = []
        self._over = False

    async def add(self, name: str, source: Path | AsyncIterable[bytes]) -> None:
        """Take one in: a file on disk, or pieces as they arrive. `name`: as it was given.

        Raises `RefusedFileError`, `IntakeOverError`, `StoreError`; then the whole intake is given
        up.
        """
        if self._over:
            raise IntakeOverError
        try:
            await self._add(clean_name(name), source)
        except (RefusedFileError, StoreError):
            await self.give_up()
            raise

    def hand_over(self, now: datetime) -> tuple[TakenIn, ...]:
        """The files, to whoever writes their rows now. Raises `IntakeOverError` the second time."""
        if self._over or any(now - one.at > _KEEPS for one in self._files):
            raise IntakeOverError
        self._over = True
        return tuple(self._files)

    async def give_up(self) -> None:
        """Delete what was taken in. Only where it is certain that no row was written of it."""
        self._over = True
        while self._files:
            one = self._files.pop()
            try:
                await self._vault.store.delete(one.object.location)
            except StoreError as error:
                _log.warning("left to the sweep", object=str(one.id), error=repr(error))

    async def _add(self, name: str, source: Path | AsyncIterable[bytes]) -> None:
        together = sum(one.bytes for one in self._files)
        room = self._limits.room_for(name, len(self._files), together)
        content = await self._read(name, source, room)
        if len(content) > room:
            raise self._limits.too_large(name, room)
        media_type = kind_of(name, content)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        if twin := next((one.name for one in self._files if one.sha256 == digest), None):
            raise RefusedFileError(name, f"is the same file as {twin}")
        at = self._now()
        sealed = await asyncio.to_thread(
            self._vault.seal_in, new_id(at), [content], day_of=at, now=at
        )
        self._files.append(TakenIn(name=name, media_type=media_type, object=sealed, at=at))

    async def _read(self, name: str, source: Path | AsyncIterable[bytes], room: int) -> bytes:
        """All of it, or a little more than there is room for."""
        try:
            async with asyncio.timeout(self._limits.seconds_each):
                if isinstance(source, Path):
                    return await asyncio.to_thread(_read_file, source, room + 1)
                return await _read_pieces(source, room)
        except TimeoutError as error:
            raise RefusedFileError(name, "did not arrive in time") from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise RefusedFileError(name, f"cannot be read: {why}") from error


async def _read_pieces(source: AsyncIterable[bytes], room: int) -> bytes:
    content = bytearray()
    async for piece in source:
        content += piece
        if len(content) > room:
            break
    return bytes(content)


def _read_file(path: Path, at_most: int) -> bytes:
    """Of a file, and of nothing that could keep us waiting, such as a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(at_most)
    finally:
        os.close(descriptor)
