"""Whether a complaint's row stands where the history of it ends. Pure.

A history shows what was changed in it. What was changed in the row alone, past the history, shows
by this.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from complaints.history import LEADS_TO, Event


def disagreement(
    row: Mapping[str, Any], chain: Sequence[asyncpg.Record | Mapping[str, Any]]
) -> str | None:
    """What the row (`state`, `level`, `post`, `due_at`) says otherwise than its history; None:
    nothing.

    `chain`: the history's rows, oldest first, found to be whole.
    """
    moves = (one for one in reversed(chain) if LEADS_TO.get(Event(one["event"])) is not None)
    last = next(moves, None)
    if last is None:
        return None
    told = (LEADS_TO[Event(last["event"])], last["level"], last["post"])
    stands = (row["state"], row["level"], row["post"])
    if told == stands:
        given = _given(last, chain)
        if given is None or given == row["due_at"]:
            return None
        return f"it is due {row['due_at']}, but its history ends with {given}"
    return f"it stands at {_words(*stands)}, but its history ends at {_words(*told)}"


def _given(
    last: asyncpg.Record | Mapping[str, Any], chain: Sequence[asyncpg.Record | Mapping[str, Any]]
) -> datetime | None:
    """By when somebody must act after the move `last`; None: the clock stands, or it is not told.

    A proposal leaves the time as it was.
    """
    if last["event"] == Event.PROPOSED:
        return next((one["due_at"] for one in reversed(chain) if one["due_at"]), None)
    at: datetime | None = last["due_at"]
    return at


def _words(state: str | None, level: int | None, post: str | None) -> str:
    return f"{state}, level {level}, post {post}" if post else str(state)
