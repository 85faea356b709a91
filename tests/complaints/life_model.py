"""What may happen to a complaint, told by its history: a second, smaller telling of the rules.

Not a copy of the life cycle: it reads what was written down, entry by entry, and objects.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

_AT_WORK = {"with_officer", "proposed", "paused"}
_OPEN = _AT_WORK | {"triage", "returned", "awaiting_feedback"}
_ENDS = {"closed_satisfied", "unverified", "special_closed", "withdrawn", "advised"}
SAME = "the same"

#: Event -> the states that it may happen in, and the state after it.
LEGAL: dict[str, tuple[set[str], str]] = {
    "registered": ({""}, "with_officer"),
    "triage": ({""}, "triage"),
    "forwarded": ({"triage", "returned"}, "with_officer"),
    "advised": ({"triage", "returned"}, "advised"),
    "disposed": (_AT_WORK, "awaiting_feedback"),
    "closed_satisfied": ({"awaiting_feedback"}, "closed_satisfied"),
    "returned_for_review": ({"awaiting_feedback"}, "with_officer"),
    "escalated_dissatisfied": ({"awaiting_feedback"}, "with_officer"),
    "unverified": ({"awaiting_feedback"}, "unverified"),
    "escalated_overdue": ({"with_officer", "proposed", "returned"}, "with_officer"),
    "overdue_at_last_level": ({"with_officer", "proposed"}, "with_officer"),
    "interim_reply": (_AT_WORK, SAME),
    "noted": (_OPEN | _ENDS, SAME),
    "paused": ({"with_officer"}, "paused"),
    "resumed": ({"paused"}, "with_officer"),
    "transferred": ({"with_officer", "proposed"}, "with_officer"),
    "wrong_mapping": ({"with_officer"}, "returned"),
    "proposed": ({"with_officer"}, "proposed"),
    "refused": ({"proposed"}, "with_officer"),
    "special_closed": ({"with_officer", "proposed"}, "special_closed"),
    "withdrawn": (_OPEN, "withdrawn"),
    "reopened": ({"closed_satisfied", "unverified"}, "with_officer"),
}

#: What an entry of the clock's does to the level: up, or nowhere.
_CLIMBS = {"escalated_overdue", "escalated_dissatisfied"}
_STAYS = {"overdue_at_last_level", "returned_for_review", "resumed", "refused"}


@dataclass(frozen=True)
class Told:
    """What a history adds up to. `departments`: in whose hands it is after the last entry."""

    state: str
    level: int
    department: str
    disposals: int
    due_at: object


def told(history: Sequence[asyncpg.Record], held: dict[str, set[int]], home: str) -> Told:
    """Follow a history; AssertionError where it tells what cannot be.

    `held`: the levels that have an officer, by department. `home`: the category's department.
    """
    state, level, department, disposals, due_at = "", 0, home, 0, None
    due_times: set[str] = set()
    for entry in history:
        event = entry["event"]
        allowed, after = LEGAL[event]
        assert state in allowed, f"{event} in {state or 'nothing'}"
        if event == "transferred":
            department = entry["reason"].split(":")[0].removeprefix("to ")
        _level_is_right(event, state, level, entry["level"], held[department])
        if entry["actor"] == "clock":
            assert entry["reason"] not in due_times, f"{entry['reason']} was carried out twice"
            due_times.add(entry["reason"])
        disposals += event == "disposed"
        state = state if after is SAME else after
        level = entry["level"]
        due_at = entry["due_at"] or due_at
    return Told(state, level, department, disposals, due_at)


def _level_is_right(event: str, state: str, before: int, after: int, held: set[int]) -> None:
    above = min((one for one in held if one > before), default=None)
    if event == "escalated_overdue" and state == "returned":
        assert after == (above or before)
    elif event in _CLIMBS:
        assert after == above, f"{event} from L{before} to L{after}, held: {held}"
    elif event in _STAYS:
        assert after == before
    if event == "overdue_at_last_level":
        assert above is None, f"L{above} has an officer, and L{before} keeps it"
