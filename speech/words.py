"""Words that are data (subjects, posts' titles): spoken ahead of the call that needs them."""

import asyncio
from collections.abc import Iterable

import structlog

from speech.errors import SpeechError
from speech.render import PromptStore

_log = structlog.get_logger(__name__)
_MOST_WAITING = 20_000  # texts; more posts and categories than a state has
_PAUSE_AFTER_FAILURE = 1.0


class Words:
    """`file()` never waits: what is not ready is left out of the sentence, and made for the next.

    `run()` belongs to a supervisor and renders one text after another.
    """

    def __init__(self, store: PromptStore) -> None:
        self._store = store
        self._wanted: dict[str, None] = {}
        self._woken = asyncio.Event()
        self.missed = 0  # asked for in a call, and not ready

    @property
    def waiting(self) -> int:
        """Texts that are still to be rendered."""
        return len(self._wanted)

    def file(self, text: str) -> str | None:
        """The text's sound for Asterisk, or None: then it is made ready for the next time."""
        if not text.strip():
            return None
        if (ready := self._store.spoken(text)) is not None:
            return ready
        self.missed += 1
        self.want([text])
        return None

    def want(self, texts: Iterable[str]) -> None:
        """Make these ready soon. Beyond a bound they are left for the next time."""
        for text in texts:
            if text.strip() and len(self._wanted) < _MOST_WAITING:
                self._wanted.setdefault(text)
        self._woken.set()

    async def run(self) -> None:
        """Render what is wanted, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._wanted:
                text = next(iter(self._wanted))
                # One that cannot be spoken must not keep the others: it is asked for again.
                if not await asyncio.to_thread(self._ready, text):
                    await asyncio.sleep(_PAUSE_AFTER_FAILURE)
                del self._wanted[text]

    def _ready(self, text: str) -> bool:
        try:
            if self._store.spoken(text) is None:
                self._store.speak(text)
        except SpeechError as error:
            _log.warning("word not spoken yet", error=str(error))
            return False
        return True
