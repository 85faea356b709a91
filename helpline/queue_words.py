"""Who waits is told again and again where they stand: a sound of their own, kept up to date.

app_queue says what is in a file, the same to all. So the file is found by the channel's language,
of which each waiting caller has one of their own (`dialplans.names.voice`, ADR 28); without it, or
when we are away, Asterisk falls back to what fits everybody.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import structlog

from agi.waiting import standing as words_for
from calls.waiting import Queued, Standing
from cti.errors import AmiError
from dialplans.names import LANGUAGE_DEFAULT, PROMPT_KEEP_PLACE, PROMPT_QUEUE_WHERE, voice
from speech.errors import SpeechError
from speech.joined import join, silence

_log = structlog.get_logger(__name__)
_MOST = 500  # callers; who is nearest to an agent is told
_MARK = "_"
_HUSH_SECONDS = 0.05
"""Of a queue's announcement near its head, where words would keep an agent waiting."""

InLine = Callable[[], Awaitable[Sequence[Standing]]]
"""Who waits here, and at which place. Raises an `AmiError`."""
QueueNow = Callable[[str], Awaitable[Queued | None]]
"""How a queue stands; None: not known. Never raises."""


class QueueWords:
    """`run()` belongs to a supervisor. `folder`: where Asterisk finds the prompts."""

    def __init__(
        self, in_line: InLine, queue_now: QueueNow, folder: Path, languages: Sequence[str]
    ) -> None:
        self._in_line = in_line
        self._queue_now = queue_now
        self._folder = folder
        self._languages = ("", *(one for one in languages if one != LANGUAGE_DEFAULT))
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
        """Once. Without Asterisk's word, or a database, nobody is left with old words."""
        try:
            wanted = await self._wanted()
        except AmiError as error:
            _log.warning("waiting callers not told where they stand", error=str(error))
            wanted = {}
        await asyncio.to_thread(self._write, wanted)

    async def _wanted(self) -> Mapping[str, list[str]]:
        """What each is to hear, by the folder's name; an empty list: a moment of silence."""
        waiting = sorted(await self._in_line(), key=lambda one: one.position)[:_MOST]
        queues = {
            queue: await self._queue_now(queue) for queue in sorted({one.queue for one in waiting})
        }
        return {
            voice(language, one.call_id.hex[-12:]): words
            for one in waiting
            if (words := _words(one, queues[one.queue])) is not None
            for language in self._languages
        }

    def _write(self, wanted: Mapping[str, list[str]]) -> None:
        for name in self._told.keys() - wanted.keys():
            self._forget(name)
        for name, words in wanted.items():
            if self._told.get(name) == words:
                continue
            try:
                self._tell(name, words)
            except (OSError, SpeechError) as error:
                _log.error("where a caller stands was not written", error=str(error))
                self._forget(name)
            else:
                self._told[name] = words

    def _tell(self, name: str, words: Sequence[str]) -> None:
        where, offer = (
            self._folder / name / f"{prompt}.wav"
            for prompt in (PROMPT_QUEUE_WHERE, PROMPT_KEEP_PLACE)
        )
        if words:
            join([self._sound(name.partition(_MARK)[0], word) for word in words], where)
            offer.unlink(missing_ok=True)  # the one for all
        else:
            silence(_HUSH_SECONDS, where)
            silence(_HUSH_SECONDS, offer)

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


def _words(one: Standing, queue: Queued | None) -> list[str] | None:
    return None if queue is None else words_for(one.position, queue)
