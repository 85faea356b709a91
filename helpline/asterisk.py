"""Our own Asterisk as a service: started, watched, started again when it dies."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

from dialplans.asterisk import AsteriskProcess
from dialplans.errors import AsteriskError


class AsteriskService:
    """`start()` once; then `watch()` belongs to the supervisor, which starts it anew."""

    def __init__(self, argv: Sequence[str], root: Path) -> None:
        self._process = AsteriskProcess(argv, root)
        self._stopping = False

    @property
    def process(self) -> AsteriskProcess:
        """The process, for its id and for diagnosis."""
        return self._process

    async def start(self) -> None:
        """Raises `AsteriskError` when it does not come up."""
        await self._process.start()

    async def watch(self) -> None:
        """Until it ends by itself, which is a failure. Starts it first if it is not running."""
        if not self._process.running:
            await self._process.start()
        code = await self._process.wait()
        if self._stopping:
            await asyncio.Event().wait()
        raise AsteriskError(f"Asterisk ended with code {code}")

    async def end_calls(self) -> None:
        """Hang up every channel, in the way that lets the dialplan say how the call ended.

        Stopping Asterisk does not: its calls would be found open, and lost, at the next start.
        """
        with contextlib.suppress(AsteriskError):
            await self._process.cli("channel request hangup all")

    async def stop(self) -> None:
        """Stop it; `watch()` then does not start it again."""
        self._stopping = True
        async with asyncio.timeout(30):
            await self._process.stop()
