"""The log of our own Asterisk: begun anew each day, kept for as long as a log must be, bounded.

Whoever can reach its SIP port writes into it (each scanner's request is a notice), and it lies on
the disk of the captures. A rotated file is `messages.<seconds since 1970>` (logger.conf).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import structlog

from dialplans.errors import AsteriskError
from helpline.clock import INDIA, Clock
from helpline.clock_watch import Sound, always

_log = structlog.get_logger(__name__)

_KEPT = timedelta(days=180)
"""CERT-In's directions of 28 April 2022, (iv): logs of 180 days."""
_FILE_BYTES = 256 << 20
_ALL_BYTES = 4 << 30
_LOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Rotated:
    """A file that Asterisk writes to no more, and when it was put aside."""

    path: Path
    at: datetime
    bytes: int


def is_due(now: datetime, rotated: Iterable[Rotated], bytes_now: int, most: int) -> bool:
    """Whether to begin a new file: nothing was put aside today (India's day), or it is too big."""
    if bytes_now == 0:
        return False
    today = now.astimezone(INDIA).date()
    return bytes_now > most or all(one.at.astimezone(INDIA).date() < today for one in rotated)


def too_old(now: datetime, rotated: Iterable[Rotated]) -> list[Rotated]:
    """What need not be kept any more."""
    return [one for one in rotated if now - one.at > _KEPT]


def too_many(rotated: Iterable[Rotated], most: int) -> list[Rotated]:
    """The oldest, so that the others have at most so many bytes together."""
    newest_first = sorted(rotated, key=lambda one: one.at, reverse=True)
    together = accumulate(one.bytes for one in newest_first)
    return [one for one, bytes_ in zip(newest_first, together, strict=True) if bytes_ > most]


class AsteriskLogs:
    """`run()` belongs to a supervisor."""

    def __init__(
        self,
        folder: Path,
        cli: Callable[[str], Awaitable[str]],
        now: Clock,
        sound: Sound = always,
        *,
        file_bytes: int = _FILE_BYTES,
        all_bytes: int = _ALL_BYTES,
    ) -> None:
        """`folder`: Asterisk's `astlogdir`; `cli`: its command line; `now`: the machine's time, as
        it names files; `sound`: whether that can be acted on, else nothing is too old.
        """
        self._messages = folder / "messages"
        self._cli = cli
        self._now, self._sound = now, sound
        self._file_bytes, self._all_bytes = file_bytes, all_bytes

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Begin a new file where it is time, and delete what is too old or too much."""
        now = self._now()
        if is_due(now, self._rotated(), self._bytes_now(), self._file_bytes):
            try:
                await self._cli("logger rotate")
            except AsteriskError as error:  # it is being started; asked again at the next look
                _log.warning("Asterisk's log was not rotated", error=str(error))
        for one in too_old(now, self._rotated()) if self._sound() else ():
            one.path.unlink(missing_ok=True)
        for one in too_many(self._rotated(), self._all_bytes):
            one.path.unlink(missing_ok=True)
            _log.warning("a log of Asterisk was deleted early: too many bytes", since=str(one.at))

    def _bytes_now(self) -> int:
        return self._messages.stat().st_size if self._messages.exists() else 0

    def _rotated(self) -> list[Rotated]:
        return [
            Rotated(path, datetime.fromtimestamp(int(path.suffix[1:]), UTC), path.stat().st_size)
            for path in self._messages.parent.glob(f"{self._messages.name}.*")
            if path.suffix[1:].isdecimal()
        ]
