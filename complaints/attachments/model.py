"""An attached file, as the rows and the history tell it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from complaints.attachments.media import MediaType
from complaints.confidentiality import may_know
from complaints.policy import Policy
from recordings.vault import SealedObject

_BY_US = frozenset({"agent", "operator"})


class Told(Protocol):
    """What the history says of a file."""

    @property
    def id(self) -> UUID:
        """Its key."""
        ...

    @property
    def name(self) -> str:
        """Its cleaned name."""
        ...

    @property
    def media_type(self) -> MediaType:
        """By its bytes."""
        ...

    @property
    def bytes(self) -> int:
        """As it came."""
        ...

    @property
    def sha256(self) -> str:
        """As it came, in hexadecimal."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """A file that lies in the store and belongs to nothing yet. `at`: since when."""

    name: str
    media_type: MediaType
    object: SealedObject
    at: datetime

    @property
    def id(self) -> UUID:
        """The object's: one file, one object."""
        return self.object.id

    @property
    def bytes(self) -> int:
        """As it came."""
        return self.object.bytes

    @property
    def sha256(self) -> str:
        """As it came."""
        return self.object.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a disposal. `level`, `via`: of the disposal, for who may see it.

    `erased_at`: its key was destroyed then. `opened`: how many times it was handed out.
    """

    id: UUID
    complaint_id: UUID
    disposal_no: int
    attachment_no: int
    entry: int
    name: str
    media_type: MediaType
    bytes: int
    sha256: str
    at: datetime
    level: int
    via: str
    erased_at: datetime | None
    opened: int


def line(one: Told) -> str:
    """One file in the history: SHA-256, bytes, kind, id, name. The name stands last: it is free."""
    return f"{one.sha256} {one.bytes} {one.media_type} {one.id} {one.name}"


def lines(files: Iterable[Told]) -> str:
    """A line for each, in order; nothing for none."""
    return "\n".join(map(line, files))


def may_see(policy: Policy, reader: int, author: int, via: str) -> bool:
    """Whether an officer of level `reader` may see what one of level `author` attached to a
    confidential complaint. `policy`: of its category.

    A file tells at most what its author knew. So it is withheld only where the author may have
    known who complains, and the reader may not; an agent or operator, who enters a report, always
    knows.
    """
    return may_know(policy, reader) or not (via in _BY_US or may_know(policy, author))
