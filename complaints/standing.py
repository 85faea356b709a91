"""Whether a complaint's row stands where the history of it ends. Pure.

A history shows what was changed in it. What was changed in the row alone, past the history, shows
by this.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import asyncpg

from complaints.history import Event

_HERE = "with_officer"

#: In which state each event leaves a complaint; None: as it was.
LEADS_TO: Mapping[Event, str | None] = MappingProxyType(
    {
        Event.REGISTERED: _HERE,
        Event.TRIAGE: "triage",
        Event.FORWARDED: _HERE,
        Event.DISPOSED: "awaiting_feedback",
        Event.CLOSED_SATISFIED: "closed_satisfied",
        Event.RETURNED_FOR_REVIEW: _HERE,
        Event.ESCALATED_DISSATISFIED: _HERE,
        Event.ESCALATED_OVERDUE: _HERE,
        Event.OVERDUE_AT_LAST_LEVEL: _HERE,
        Event.AGENT_TO_CALL: "awaiting_feedback",
        Event.ASKED_TO_CALL: "awaiting_feedback",
        Event.UNVERIFIED: "unverified",
        Event.INTERIM_REPLY: None,
        Event.PAUSED: "paused",
        Event.RESUMED: _HERE,
        Event.TRANSFERRED: _HERE,
        Event.GIVEN_BACK: _HERE,
        Event.LINK_RENEWED: None,
        Event.WRONG_MAPPING: "returned",
        Event.PROPOSED: "proposed",
        Event.REFUSED: _HERE,
        Event.SPECIAL_CLOSED: "special_closed",
        Event.WITHDRAWN: "withdrawn",
        Event.REOPENED: _HERE,
        Event.ADVISED: "advised",
        Event.NOTED: None,
        Event.ANSWERED: "answered",
        Event.THANKED: "thanked",
        Event.ADDED: None,
        Event.MERGED: "merged",
        Event.MERGED_HERE: None,
        Event.ATTACHMENT_ERASED: None,
    }
)


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
