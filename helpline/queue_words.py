"""Who waits is told again and again where they stand: a sound of their own, kept up to date.

app_queue says what is in a file, the same to all. So the file is found by the channel's language,
of which each waiting caller has one of their own (`dialplans.names.voice`, ADR 28); without it, or
when we are away, Asterisk falls back to what fits everybody.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from agi.waiting import standing as words_for
from calls.waiting import Queued, Standing, queue_now, standing
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from dialplans.names import LANGUAGE_DEFAULT, PROMPT_QUEUE_WHERE, voice
from helpline.clock import Clock
from speech.errors import SpeechError
from speech.joined import join

_log = structlog.get_logger(__name__)
_SECONDS = 2.0
_MOST = 500  # callers; who waits longest is told
_MARK = "_"


class QueueWords:
    """`run()` belongs to a supervisor. `folder`: where Asterisk finds the prompts."""

    def __init__(
        self, pool: Pool, folder: Path, cell: str, languages: Sequence[str], now: Clock
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._cell = cell
        self._languages = ("", *(one for one in languages if one != LANGUAGE_DEFAULT))
        self._now = now
        self._told: dict[str, list[str]] = {}

    async def run(self, interval: float) -> None:
        """Every `interval` s, until cancelled; then nobody is told what is old."""
        await asyncio.to_thread(self._forget_all)
        try:
            while True:
                await self.tick()
                await asyncio.sleep(interval)
        finally:
            self._forget_all()

    async def tick(self) -> None:
        """Once. A database that is away leaves nobody with old words."""
        try:
            wanted = await self._wanted()
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("waiting callers not told where they stand", error=repr(error))
            wanted = {}
        await asyncio.to_thread(self._write, wanted)

    async def _wanted(self) -> Mapping[str, list[str]]:
        """What each is to hear, by the folder's name."""
        async with self._pool.acquire(timeout=_SECONDS) as conn:
            waiting = await standing(conn, self._cell, _MOST)
            queues = {
                queue: await queue_now(conn, queue, self._now())
                for queue in sorted({one.queue for one in waiting})
            }
        return {
            voice(language, one.call_id.hex[-12:]): words
            for one in waiting
            if (words := _words(one, queues))
            for language in self._languages
        }

    def _write(self, wanted: Mapping[str, list[str]]) -> None:
        for name in self._told.keys() - wanted.keys():
            self._forget(name)
        for name, words in wanted.items():
            if self._told.get(name) == words:
                continue
            try:
                files = [self._sound(name.partition(_MARK)[0], word) for word in words]
                join(files, self._folder / name / f"{PROMPT_QUEUE_WHERE}.wav")
            except (OSError, SpeechError) as error:
                _log.error("where a caller stands was not written", error=str(error))
                self._forget(name)
            else:
                self._told[name] = words

    def _sound(self, language: str, word: str) -> Path:
        own = self._folder / language / f"{word}.wav"
        return own if language and own.exists() else self._folder / f"{word}.wav"

    def _forget(self, name: str) -> None:
        self._told.pop(name, None)
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def _forget_all(self) -> None:
        """Also what an earlier process left."""
        for folder in self._folder.glob(f"*{_MARK}*"):
            if folder.is_dir() and (folder / f"{PROMPT_QUEUE_WHERE}.wav").exists():
                self._forget(folder.name)


def _words(one: Standing, queues: Mapping[str, Queued]) -> list[str]:
    return words_for(one.position, queues[one.queue])
