"""Sentences with words that are data in them, and the one that says which complaint is meant."""

from collections.abc import Sequence
from dataclasses import dataclass

from agi.ports import Prompts, WordSounds
from speech import numbers
from speech.english import CODE as _ENGLISH
from speech.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Word:
    """A text that is data, in Hindi; left out of the sentence while it has no sound yet.

    `english`: the same, where the data has it. The Hindi one stands in for it.
    """

    text: str
    english: str = ""


Sentence = list[str | Word]


def which(number: str, subject: str, subject_en: str = "") -> Sentence:
    """Which complaint is meant: its number and what it is about. Pure."""
    return [
        Prompt.STATUS_NUMBER,
        *numbers.digits(number),
        Prompt.STATUS_SUBJECT,
        Word(subject, subject_en),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """`english`: where words in English are spoken; None: nowhere."""

    prompts: Prompts
    words: WordSounds
    english: WordSounds | None = None

    def files(self, sentence: Sequence[str | Word], language: str) -> list[str]:
        """What Asterisk plays for it."""
        found = (
            self._sound(one, language) if isinstance(one, Word) else self.prompts.file(one)
            for one in sentence
        )
        return [file for file in found if file is not None]

    def _sound(self, word: Word, language: str) -> str | None:
        if self.english is not None and language == _ENGLISH and word.english:
            return self.english.file(word.english) or self.words.file(word.text)
        return self.words.file(word.text)
