"""Whether a complaint's row stands where the history of it ends. Pure.

A history shows what was changed in it. What was changed in the row alone, past the history, shows
by this.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from complaints.history import LEADS_TO, Event


def disagreement(
    row: Mapping[str, Any], chain: Sequence[asyncpg.Record | Mapping[str, Any]]
) -> str | None:
    """What the row (`state`, `level`, `post`) says otherwise than its history; None: nothing.

    `chain`: the history's rows, oldest first, found to be whole.
    """
    moves = (one for one in reversed(chain) if LEADS_TO.get(Event(one["event"])) is not None)
    last = next(moves, None)
    if last is None:
        return None
    told = (LEADS_TO[Event(last["event"])], last["level"], last["post"])
    stands = (row["state"], row["level"], row["post"])
    if told == stands:
        return None
    return f"it stands at {_words(*stands)}, but its history ends at {_words(*told)}"


def _words(state: str | None, level: int | None, post: str | None) -> str:
    return f"{state}, level {level}, post {post}" if post else str(state)
