"""Citizens of whom we know which language they chose hear it again."""

from collections.abc import Sequence

from agi.session import Session
from dialplans.names import LANGUAGE_DEFAULT, VAR_LANGUAGE


def to_be_spoken(language: str | None, offered: Sequence[str]) -> str | None:
    """The citizen's language, where citizens can choose it; None: go on as every call begins."""
    return language if language != LANGUAGE_DEFAULT and language in offered else None


async def speak(session: Session, language: str) -> None:
    """In this language from here on, in a queue too. Raises `Hangup`, `CommandFailedError`."""
    await session.set_language(language)
    await session.set_variable(VAR_LANGUAGE, language)
