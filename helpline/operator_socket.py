"""A running server, asked by the operator's commands: a UNIX socket that only its account opens.

One line is asked, one line of JSON is the answer.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from helpline.errors import OperatorError

_NAME = "server.sock"
_ASKED_SECONDS = 5.0
_ANSWERED_SECONDS = 60.0
_LONGEST = 1024 * 1024

_log = structlog.get_logger(__name__)


class NotServedError(OperatorError):
    """No server answers on this state folder."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`ok`: it was done; `lines`: what the operator is told."""

    ok: bool
    lines: list[str]


class OperatorSocket:
    """In `folder`, which is made with mode 0700. `carry_out`: a word -> its answer."""

    def __init__(self, folder: Path, carry_out: Callable[[str], Awaitable[Answer]]) -> None:
        self._folder = folder
        self._carry_out = carry_out
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Raises `OSError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / _NAME
        path.unlink(missing_ok=True)  # of a server that was killed
        self._server = await asyncio.start_unix_server(self._serve, path, limit=_LONGEST)

    async def stop(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.close()
            (self._folder / _NAME).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_ASKED_SECONDS):
                word = (await reader.readline()).decode().strip()
            answer = await self._answer(word)
            writer.write(json.dumps(asdict(answer)).encode() + b"\n")
            async with asyncio.timeout(_ASKED_SECONDS):
                await writer.drain()
        except (OSError, ValueError, TimeoutError) as error:
            _log.warning("an operator's command was not answered", error=repr(error))
        finally:
            writer.close()

    async def _answer(self, word: str) -> Answer:
        try:
            return await self._carry_out(word)
        except Exception:  # a fault of ours is told, and does not leave the operator waiting
            _log.exception("an operator's command failed", word=word)
            return Answer(ok=False, lines=["it failed by a fault of ours: see the server's log"])


async def ask(folder: Path, word: str) -> Answer:
    """The running server's answer. Raises `NotServedError`."""
    try:
        async with asyncio.timeout(_ANSWERED_SECONDS):
            reader, writer = await asyncio.open_unix_connection(folder / _NAME, limit=_LONGEST)
            try:
                writer.write(f"{word}\n".encode())
                return Answer(**json.loads(await reader.readline()))
            finally:
                writer.close()
    except (FileNotFoundError, ConnectionError) as error:
        raise NotServedError(
            f"no server runs on {folder.parent}: the settings count from its next start"
        ) from error
    except PermissionError as error:
        raise NotServedError(f"{folder} is of another account: use the server's") from error
    except TimeoutError as error:
        raise NotServedError(
            f"no answer in {_ANSWERED_SECONDS:g} s: the server's log says what became of it"
        ) from error
    except ValueError as error:  # it ended meanwhile
        raise NotServedError("the server ended before it answered") from error
