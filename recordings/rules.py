"""What is to be done about one capture file. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from recordings.model import Kind, RecordingRow

_LACKING = 2.0
"""Seconds. It takes that long at most until a recorder that was asked for writes."""


class Step(Enum):
    """The next thing to do about a file."""

    WAIT = auto()
    CLOSE = auto()
    ADOPT = auto()  # write the row that is missing, then close
    DISCARD = auto()  # it is in the store: a crash came before the deletion


@dataclass(frozen=True, slots=True)
class Orphan:
    """What is known of a file without a row. `seen_for` is seconds since we first noticed."""

    call_exists: bool
    call_ended_at: datetime | None
    seen_for: float


def next_step(known: RecordingRow | Orphan, *, settled: bool, orphan_after: float) -> Step:
    """`settled`: the file has not changed for a while. The caller sees to it that nobody writes it.

    A call without a row may still be waiting in this or another process for the database to come
    back, with its caller's number: it is adopted without one only after `orphan_after` seconds.
    """
    if isinstance(known, RecordingRow):
        if known.state in ("stored", "erased"):
            return Step.DISCARD
        # A missing recording whose file turned up is closed like an open one.
        return Step.CLOSE if settled and known.call_ended_at is not None else Step.WAIT
    if not settled:
        return Step.WAIT
    if known.call_exists:
        return Step.WAIT if known.call_ended_at is None else Step.ADOPT
    return Step.ADOPT if known.seen_for >= orphan_after else Step.WAIT


def is_short(kind: Kind, started_at: datetime, ended_at: datetime | None, seconds: float) -> bool:
    """Whether a call's recording lacks more than a twentieth, and more than five seconds, until
    `ended_at`: of the call, or when the recorder was stopped.

    A full disk, or a recorder that stopped, leaves a file like any other, only too short.
    """
    if kind != "call" or ended_at is None:
        return False
    call = (ended_at - started_at).total_seconds()
    return call - seconds > max(5.0, call / 20)


@dataclass(frozen=True, slots=True)
class Part:
    """Of a call, what one recording has. `whole`: it is the conversation from the answer to the
    end, so far as rows can say. `call_seconds`: how long the call lasted, where some is lacking.
    """

    whole: bool
    call_seconds: int | None = None


def part_of_call(
    *,
    answered_at: datetime | None,
    ended_at: datetime,
    started_at: datetime,
    seconds: float,
    others: int,
) -> Part:
    """What a recording that began at `started_at` has of its call, of which there are `others` too.

    Stricter than `is_short`, which is an alarm's: somebody affirms this, and it can be held against
    the call's row. Of a call without the time of its answer nothing is claimed.
    """
    if answered_at is None:
        return Part(whole=False)
    call = (ended_at - answered_at).total_seconds()
    if call - seconds >= _LACKING:
        return Part(whole=False, call_seconds=round(call))
    begun_late = (started_at - answered_at).total_seconds() >= _LACKING
    return Part(whole=not begun_late and not others)


def pause_after(failures: int, first: float, at_most: float) -> float:
    """Seconds until the next try: `first` after one failure (or none), twice as long after each
    further one, never more than `at_most`.
    """
    return min(first * 2.0 ** min(max(failures - 1, 0), 30), at_most)
