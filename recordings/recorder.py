"""What records: Asterisk, as far as we ask it."""

import asyncio
from collections.abc import Coroutine
from typing import Protocol, TypeVar

from recordings.errors import PauseUnansweredError

_ASTERISK_SECONDS = 3.0
T = TypeVar("T")


class Recorder(Protocol):
    """What records; `helpline/` joins it to Asterisk. `channel`: name or unique id."""

    async def mute(self, channel: str, *, muted: bool) -> None:
        """Both directions of the channel's recording. Raises `PauseError`: it was not done."""
        ...

    async def file(self, channel: str) -> str:
        """Path that the channel was last recorded to; empty: it never was. Raises `PauseError`."""
        ...


async def in_time(asked: Coroutine[None, None, T]) -> T:
    """All the actions that it takes, in one time. Raises `PauseUnansweredError` after it."""
    try:
        async with asyncio.timeout(_ASTERISK_SECONDS):
            return await asked
    except TimeoutError as error:
        raise PauseUnansweredError("Asterisk did not answer in time") from error
