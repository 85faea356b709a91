"""Scripts, schemes and fields, as they stand. Which version it is, the database says."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A government scheme, as it is told. Days in India, both included; None: without an end.

    `category`: under which its information is registered. `sample`: for a demonstration only.
    """

    code: str
    name_hi: str
    name_en: str
    who_hi: str
    who_en: str
    how_hi: str
    how_en: str
    documents_hi: str
    documents_en: str
    where_hi: str
    where_en: str
    keywords: tuple[str, ...] = ()
    department: str | None = None
    category: str | None = None
    from_on: date | None = None
    until_on: date | None = None
    sample: bool = False

    @property
    def told_hi(self) -> str:
        """All of it in one text, as evidence of what a citizen was told."""
        parts = {
            "पात्र": self.who_hi,
            "आवेदन": self.how_hi,
            "काग़ज़ात": self.documents_hi,
            "कहाँ": self.where_hi,
        }
        return " ".join(
            [f"{self.name_hi}:", *(f"{name} – {_ended(text, '।')}" for name, text in parts.items())]
        )

    @property
    def told_en(self) -> str:
        """The same to who speaks English."""
        parts = {
            "Who": self.who_en,
            "How": self.how_en,
            "Documents": self.documents_en,
            "Where": self.where_en,
        }
        return " ".join(
            [f"{self.name_en}:", *(f"{name} – {_ended(text, '.')}" for name, text in parts.items())]
        )

    def runs_on(self, day: date) -> bool:
        """Whether one can apply on that day."""
        return (self.from_on is None or self.from_on <= day) and (
            self.until_on is None or day <= self.until_on
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What an agent says, and asks. None: in every queue, for every kind, for every category."""

    code: str
    greeting_hi: str
    greeting_en: str
    questions_hi: tuple[str, ...]
    questions_en: tuple[str, ...]
    closing_hi: str
    closing_en: str
    queue: str | None = None
    kind: str | None = None
    category: str | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """What is asked besides, for a category and what lies under it.

    `sensitive`: the recording stops while it is typed, and the value is sealed. `pattern`: a
    regular expression for the whole value.
    """

    code: str
    category: str
    name_hi: str
    name_en: str
    sensitive: bool
    position: int = 1
    pattern: str | None = None


def _ended(text: str, stop: str) -> str:
    return text if text.endswith(("।", ".", "?", "!")) else f"{text}{stop}"
