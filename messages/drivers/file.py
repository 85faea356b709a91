"""The embedded default: messages as lines of a file, for a site that has no gateway yet."""

import asyncio
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from messages.errors import TransientError
from messages.model import Message


class FileDriver:
    """One JSON object a line in `folder/YYYY-MM-DD.jsonl` (UTC), durable on return, mode 0600."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        # Of its own: a disk that hangs must not keep the threads that others wait for. One: lines
        # are written one after the other.
        self._thread = ThreadPoolExecutor(1, "outbox")

    async def send(self, message: Message) -> str:
        """Append it. A repeat has the same `key`."""
        now = self._now()
        line = json.dumps(_fields(message, now), ensure_ascii=False)
        path = self._folder / f"{now:%Y-%m-%d}.jsonl"
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, _append, path, line)
        except OSError as error:
            raise TransientError(f"outbox: {error.strerror}") from error
        return ""

    async def close(self) -> None:
        """What has not begun is not written any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _fields(message: Message, at: datetime) -> dict[str, object]:
    return {
        "key": str(message.id),
        "attempt": message.attempt_no,
        "at": at.isoformat(),
        "kind": message.kind,
        "channel": message.channel,
        "to": message.recipient,
        "header": message.header,
        "template_id": message.template_id,
        "encoding": message.encoding,
        "parts": message.parts,
        "subject": message.subject,
        "body": message.body,
    }


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        torn = False  # a line that a crash or a full disk cut off stays by itself
        if end:
            file.seek(end - 1)
            torn = file.read(1) != b"\n"
        file.write((b"\n" if torn else b"") + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
