"""What a speech recogniser offers to a call flow. None is built in yet: citizens answer by key."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was heard: a word of the grammar, or None for nothing that fits.

    `confidence` between 0 and 1, on the recogniser's own scale: the threshold under which a citizen
    is asked again by key belongs to the recogniser's settings, not to the flow.
    """

    word: str | None
    confidence: float


class Recogniser(Protocol):
    """Recognises one short answer out of a few words.

    A key always counts beside the voice: the flow cancels `recognise` when one is pressed.
    """

    async def recognise(
        self, grammar: Sequence[str], frames: AsyncIterator[bytes], *, seconds: float
    ) -> Recognised:
        """Listen to `frames` until an answer ends, the frames end, or `seconds` are over.

        `grammar`: Hindi words in NFC. `frames`: 16-bit little-endian mono at 8 kHz, of any length
        each. A recogniser's own end detection may never fire, so the limit is the caller's.
        Raises `speech.errors.SpeechError` when a word is unknown to the model or no slot is free:
        the flow then goes on with keys alone.
        """
