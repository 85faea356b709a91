"""What a recording is to us, and how its capture file is named."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, Self, cast
from uuid import UUID

Kind = Literal["call", "own_words", "officer_remark"]
State = Literal["open", "stored", "missing", "erased"]

IST = timezone(timedelta(hours=5, minutes=30))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OBJECT = re.compile(rf"[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/({_UUID})\.({_UUID})\.sealed")
_NAME = re.compile(rf"({_UUID})\.({_UUID})\.(?:(call)\.raw|(own_words|officer_remark)\.wav)")


@dataclass(frozen=True, slots=True)
class CaptureTarget:
    """Where Asterisk is to write. `path` is absolute and has its extension."""

    id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class CaptureName:
    """A capture file's name says whose it is, so that it can be attributed when no row was written.

    A call is what `MixMonitor(..., D)` writes: headerless 16-bit little-endian samples at 8 kHz,
    two interleaved channels, received from the citizen first, sent to the citizen second; the
    option allows no other extension than `.raw` (Asterisk's documentation of MixMonitor). The
    citizen's own words, and an officer's remark, are a one-channel WAV file of AGI's `RECORD FILE`.
    """

    call_id: UUID
    recording_id: UUID
    kind: Kind

    def __str__(self) -> str:
        extension = "raw" if self.kind == "call" else "wav"
        return f"{self.call_id}.{self.recording_id}.{self.kind}.{extension}"

    @property
    def is_asterisks(self) -> bool:
        """Whether Asterisk recorded by itself, our server being away (dialplans/templates/desk.j2):
        it can make no key that holds the time, and the file has the call's own.
        """
        return self.recording_id == self.call_id

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """The name of a capture file, or None when this is not one."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        kind = cast(Kind, match[3] or match[4])
        return cls(UUID(match[1]), UUID(match[2]), kind)


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """A recording's row, with the end of its call; `stopped_at`: it was to end there, before that.

    `end_unseen`: Asterisk or we were gone then, and `call_ended_at` is when that was found.
    """

    id: UUID
    started_at: datetime
    state: State
    location: str | None
    bytes: int | None
    sha256: str | None
    call_ended_at: datetime | None
    end_unseen: bool = False
    stopped_at: datetime | None = None

    @property
    def to_last_until(self) -> datetime | None:
        """What is recorded until then is whole."""
        return self.stopped_at or self.call_ended_at


@dataclass(frozen=True, slots=True)
class Closed:
    """What a capture file held."""

    seconds: float
    channels: int


def object_location(recording_id: UUID, object_id: UUID, started_at: datetime) -> str:
    """Path within the store: the day, the recording, and the object, which is written once."""
    return f"{started_at.astimezone(UTC):%Y/%m/%d}/{recording_id}.{object_id}.sealed"


def object_of(location: str) -> tuple[UUID, UUID] | None:
    """Recording and object that a path names, or None when it is none of ours."""
    match = _OBJECT.fullmatch(location)
    return None if match is None else (UUID(match[1]), UUID(match[2]))


def id_time(key: UUID) -> datetime:
    """When one of our keys (UUID version 7) was made, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=key.int >> 80)
