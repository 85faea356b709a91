"""What a citizen brings, how it reached us, and what its officer says that became of it."""

from enum import StrEnum


class MatterKind(StrEnum):
    """The four kinds (R3). Disposed of, only complaints and demands are asked about."""

    COMPLAINT = "complaint"  # शिकायत
    INFORMATION = "information"  # सूचना: ends with the answer
    DEMAND = "demand"  # मांग
    SUGGESTION = "suggestion"  # सुझाव: ends with thanks, at once


class Source(StrEnum):
    """How it reached us (R30)."""

    PHONE = "phone"
    PORTAL = "portal"
    AGENT = "agent"
    MEETING = "meeting"
    LETTER = "letter"
    API = "api"

    @property
    def is_self_service(self) -> bool:
        """Nobody of ours was there to make sure who speaks."""
        return self in (Source.PORTAL, Source.API)

    @property
    def is_heard(self) -> bool:
        """An agent speaks with the citizen, and confirms who it is. Who types a letter, or the
        minutes of a meeting, does not.
        """
        return self in (Source.PHONE, Source.AGENT)


class DisposalKind(StrEnum):
    """What the officer says about the matter."""

    RESOLVED = "resolved"
    NOT_POSSIBLE = "not_possible"
