"""What may happen to a complaint, told by its history: a second, smaller telling of the rules.

Not a copy of the life cycle: it reads what was written down, entry by entry, and objects.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

_AT_WORK = {"with_officer", "proposed", "paused"}
_OPEN = _AT_WORK | {"triage", "returned", "awaiting_feedback"}
_ENDS = {
    *("closed_satisfied", "unverified", "special_closed", "withdrawn"),
    *("advised", "answered", "merged"),
}
SAME = "the same"

#: Event -> the states that it may happen in, and the state after it.
LEGAL: dict[str, tuple[set[str], str]] = {
    "registered": ({""}, "with_officer"),
    "triage": ({""}, "triage"),
    "forwarded": ({"triage", "returned"}, "with_officer"),
    "given_back": ({"returned"}, "with_officer"),
    "advised": ({"triage", "returned"}, "advised"),
    "disposed": (_AT_WORK, "awaiting_feedback"),
    "answered": (_AT_WORK, "answered"),
    "agent_to_call": ({"awaiting_feedback"}, SAME),
    "asked_to_call": ({"awaiting_feedback"}, SAME),
    "closed_satisfied": ({"awaiting_feedback"}, "closed_satisfied"),
    "returned_for_review": ({"awaiting_feedback"}, "with_officer"),
    "escalated_dissatisfied": ({"awaiting_feedback"}, "with_officer"),
    "unverified": ({"awaiting_feedback"}, "unverified"),
    "escalated_overdue": ({"with_officer", "proposed", "returned"}, "with_officer"),
    "overdue_at_last_level": ({"with_officer", "proposed"}, "with_officer"),
    "interim_reply": (_AT_WORK, SAME),
    "post_vacant": ({"with_officer", "proposed"}, SAME),
    "passed_on_vacant": ({"with_officer", "proposed"}, "with_officer"),
    "noted": (_OPEN | _ENDS, SAME),
    "added": (_OPEN, SAME),
    "made_confidential": (_OPEN, SAME),
    "made_incident": (_OPEN, SAME),
    "merged": (_OPEN, "merged"),
    "merged_here": (_OPEN, SAME),
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

#: What an entry does to the level: to the lowest one held, up to the next one, or nowhere.
_LOWEST = {"registered", "triage", "forwarded", "transferred"}
_CLIMBS = {"escalated_overdue", "escalated_dissatisfied", "passed_on_vacant"}
#: Anew to whom it was with: only where that post is held, or no other from its level up.
_ANEW = {"returned_for_review", "reopened"}
#: Only where no higher level is held.
_NOWHERE_TO_GO = {"overdue_at_last_level", "given_back"}
#: The step of the feedback that an entry begins.
_STEP_OF = {"agent_to_call": "agent_call", "asked_to_call": "sms"}

#: The levels of a department that may have had an officer for a place when an entry was made: more
#: than one set, where posts were filled or vacated at the same time.
Held = Callable[[int, str, str], Sequence[frozenset[int]]]
_DEPARTMENTS = {"handpump": "jal-nigam", "power-cut": "bijli"}


@dataclass
class Told:
    """What a history adds up to. `department`: in whose hands it is after the last entry;
    `place`: about which.

    `late`: the time ran out with no level left. `listed`: on the CM's office's list; None: that
    depends on who held a post just then. `step`: of the feedback; `heard`: told again since it
    began. `added`: told again so often. `vacancy`: the one that was told last.
    `paused_at`: the last time; `stood`: in all, in the time that the officer was given last.
    `whose`: the department after each entry.
    """

    department: str
    place: str
    state: str = ""
    level: int = 0
    disposals: int = 0
    due_at: datetime | None = None
    late: bool = False
    listed: bool | None = False
    step: str = ""
    heard: bool = False
    added: int = 0
    merged_here: int = 0
    vacancy: str = ""
    paused_at: datetime | None = None
    stood: timedelta = timedelta(0)
    by_the_clock: set[str] = field(default_factory=set)
    whose: dict[int, str] = field(default_factory=dict)


def told(
    history: Sequence[asyncpg.Record], held: Held, home: str, place: str, steps: Sequence[str]
) -> Told:
    """Follow a history; AssertionError where it tells what cannot be.

    `home`, `place`: the first category's department, and the first place. `steps`: of the
    feedback, by the policy, `calls` first.
    """
    story = Told(home, place)
    for entry in history:
        event = entry["event"]
        allowed, after = LEGAL[event]
        assert story.state in allowed, f"{event} in {story.state or 'nothing'}"
        if event == "transferred":
            story.department = entry["reason"].split(":")[0].removeprefix("to ")
        if event == "forwarded" and "@" in entry["reason"]:
            # After what was corrected, in words of ours.
            category, where = entry["reason"].rpartition(": ")[2].split("@")
            story.department = _DEPARTMENTS.get(category, story.department)
            story.place = where or story.place
        story.whose[entry["seq"]] = story.department
        could = held(entry["seq"], story.department, story.place)
        _level_is_right(event, story, entry["level"], could)
        _once_and_in_order(entry, story, steps)
        story.listed = _listed(entry, story, could)
        story.disposals += event in ("disposed", "answered")
        story.added += event == "added"
        story.merged_here += event == "merged_here"
        if after is not SAME:
            story.late = event == "overdue_at_last_level" or (
                story.late and event in ("proposed", "refused")
            )
            story.state = after
        _count_pauses(entry, story)
        story.level = entry["level"]
        story.due_at = entry["due_at"] or story.due_at
    return story


def _count_pauses(entry: asyncpg.Record, story: Told) -> None:
    """All are for one reason: a court's stay."""
    event = entry["event"]
    if event == "paused":
        story.paused_at = entry["at"]
    elif event == "resumed" and story.paused_at:
        story.stood += max(entry["at"] - story.paused_at, timedelta(0))
    elif entry["due_at"] and event != "refused":
        story.stood = timedelta(0)


def _above(level: int, held: Sequence[frozenset[int]]) -> set[int | None]:
    """The next level that has an officer, by each way in which posts may have been held."""
    return {min((one for one in levels if one > level), default=None) for levels in held}


def _keeps(level: int, levels: frozenset[int]) -> bool:
    return level in levels or not any(one > level for one in levels)


def _level_is_right(event: str, story: Told, after: int, held: Sequence[frozenset[int]]) -> None:
    above = _above(story.level, held)
    if event in _LOWEST:
        assert after in {min(levels) for levels in held}, f"{event} to L{after}, held: {held}"
    elif event in _CLIMBS:
        assert after in above, f"{event} from L{story.level} to L{after}, held: {held}"
    elif event == "reopened":
        assert after in {story.level, *above}, f"reopened from L{story.level} to L{after}"
    else:
        assert after == story.level, f"{event} from L{story.level} to L{after}"
    if event in _ANEW and after == story.level:
        assert any(_keeps(after, levels) for levels in held), f"{event} to vacant L{after}: {held}"
    if event in ("post_vacant", "passed_on_vacant"):
        # Of the highest office, which answers where every post is vacant, `held` cannot tell.
        empty = any(story.level not in levels or levels == {story.level} for levels in held)
        assert empty, f"L{story.level} is held: {held}"
    if event in _NOWHERE_TO_GO:
        assert None in above, f"L{above} has an officer, and L{story.level} keeps it"


def _once_and_in_order(entry: asyncpg.Record, story: Told, steps: Sequence[str]) -> None:
    event, reason = entry["event"], entry["reason"]
    if event == "post_vacant":
        assert reason != story.vacancy, f"{reason} was told twice"
        story.vacancy = reason
    elif entry["actor"] == "clock":
        assert reason not in story.by_the_clock, f"{reason} was carried out twice"
        story.by_the_clock.add(reason)
    if event == "escalated_overdue":
        assert story.late == reason.endswith("a higher post is held again")
    if event == "overdue_at_last_level":
        assert not story.late
    if event == "disposed":
        story.step, story.heard = steps[0], False
    elif event in ("added", "merged_here"):
        story.heard = True
    elif event in _STEP_OF:
        later = [*steps, "agent_call"] if story.heard else steps
        assert _STEP_OF[event] == later[steps.index(story.step) + 1]
        story.step = _STEP_OF[event]
    elif event == "unverified":
        assert story.step == steps[-1], f"nobody tried what comes after {story.step}"
        assert not story.heard, "the citizen has told it again"


def _listed(entry: asyncpg.Record, story: Told, held: Sequence[frozenset[int]]) -> bool | None:
    """Whether it is on the CM's office's list after the entry; `story`: before it."""
    event = entry["event"]
    if event == "overdue_at_last_level":
        return True
    if event in _CLIMBS or (event == "reopened" and entry["level"] > story.level):
        return False
    if event in ("returned_for_review", "reopened") and not story.listed:
        above = _above(story.level, held)
        if None in above:
            return True if above == {None} else None
    return story.listed
