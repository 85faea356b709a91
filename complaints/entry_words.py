"""An entry of the history as an officer may read it: what happened, by whom, in whose words. Pure.

What an agent wrote to make sure who was speaking, and agents' own notes, are for us: they may tell
who complains. The citizen's words about the matter are the officer's business.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from complaints import texts
from complaints.history import Entry, Event
from complaints.lifecycle import PauseReason, ProposalKind
from complaints.texts import DissatisfactionReason

#: Posts by their key, and departments by `to ` and their code, as people read them.
Names = Mapping[str, str]

_EXPECTED = "expected by "
_PROOF = "identity confirmed: "
_OFFICIAL = {"officer", "post", "user", "cm_office"}
_ACTORS = {
    "agent": "एजेंट {name}",
    "cm_office": "मुख्यमंत्री कार्यालय",
    "citizen": "नागरिक",
    "clock": "समय सीमा के अनुसार स्वतः",
    "dialer": "स्वचालित कॉल",
}
_PAUSES: dict[str, str] = {
    PauseReason.WAITING_FOR_CITIZEN: "नागरिक से जानकारी अपेक्षित",
    PauseReason.COURT_STAY: "न्यायालय का स्थगन आदेश",
}
_LONGEST_PAUSE = "स्थगन की अधिकतम अवधि पूरी"


@dataclass(frozen=True, slots=True)
class Line:
    """`by` and `words` may be empty."""

    at: datetime
    what: str
    by: str
    words: str


def lines(history: Sequence[Entry], names: Names) -> list[Line]:
    """A history for an officer's eyes, in Hindi; whole, oldest first."""
    return [
        Line(entry.at, texts.event(entry), by(entry, before, names), words(entry, names))
        for before, entry in zip((None, *history), history, strict=False)
    ]


def words(entry: Entry, names: Names) -> str:
    """What was said or written, as far as officers may read it."""
    return _WORDS.get(entry.event, _nothing)(entry, names)


def by(entry: Entry, before: Entry | None, names: Names) -> str:
    """Who did it: an officer by the title of their post, never a citizen's name.

    Of a person it is that of the post that had the complaint after the entry `before`; not where
    something was proposed there, since the next level may have decided.
    """
    kind, _, name = entry.actor.partition(":")
    if kind in ("officer", "post", "user"):
        had = before.post if before and before.event is not Event.PROPOSED else None
        return names.get(name) or names.get(had or "") or "अधिकारी"
    return _ACTORS.get(kind, "हेल्पलाइन").format(name=name)


def _nothing(_entry: Entry, _names: Names) -> str:
    return ""


def _as_said(entry: Entry, _names: Names) -> str:
    return entry.reason


def _interim(entry: Entry, _names: Names) -> str:
    expected, _, text = entry.reason.removeprefix(_EXPECTED).partition(": ")
    try:
        by_then = texts.clock(datetime.fromisoformat(expected))
    except ValueError:  # no interim reply of ours: as it stands
        return entry.reason
    return f"{text} (अगली सूचना {by_then} तक)"


def _paused(entry: Entry, _names: Names) -> str:
    code, _, text = entry.reason.partition(": ")
    return f"{_PAUSES.get(code, code)}: {text}"


def _resumed(entry: Entry, _names: Names) -> str:
    return _LONGEST_PAUSE if entry.actor == "clock" else entry.reason


def _transferred(entry: Entry, names: Names) -> str:
    where, _, text = entry.reason.partition(": ")
    return f"{names.get(where, where.removeprefix('to '))}: {text}"


def _proposed(entry: Entry, names: Names) -> str:
    about, _, text = entry.reason.partition(": ")
    kind, _, what = about.partition(" ")
    to_department = kind == ProposalKind.TRANSFER
    named = names.get(f"to {what}", what) if to_department else texts.special_reason(what)
    return f"{texts.proposal(kind)} ({named}): {text}"


def _closed_specially(entry: Entry, _names: Names) -> str:
    code, _, text = entry.reason.partition(": ")
    return f"{texts.special_reason(code)}: {text}"


def _unless_the_clock(entry: Entry, _names: Names) -> str:
    return "" if entry.actor == "clock" else entry.reason


def _dissatisfied(entry: Entry, _names: Names) -> str:
    known = not entry.reason or entry.reason in set(DissatisfactionReason)
    return texts.reason_of(entry.reason or None) if known else entry.reason


def _reopened(entry: Entry, _names: Names) -> str:
    code, colon, rest = entry.reason.partition(": ")
    known = code in set(DissatisfactionReason)
    said = rest if known and colon else "" if known else entry.reason
    text = said.split(_PROOF)[0].rstrip("; ")
    return ": ".join(filter(None, [texts.reason_of(code if known else None), text]))


def _officials(entry: Entry, _names: Names) -> str:
    return entry.reason if entry.actor.partition(":")[0] in _OFFICIAL else ""


_WORDS: dict[Event, Callable[[Entry, Names], str]] = {
    **dict.fromkeys(
        (
            *(Event.DISPOSED, Event.ANSWERED, Event.ADDED, Event.WRONG_MAPPING, Event.REFUSED),
            *(Event.ADVISED, Event.MERGED_HERE),
        ),
        _as_said,
    ),
    Event.FORWARDED: _unless_the_clock,
    Event.INTERIM_REPLY: _interim,
    Event.PAUSED: _paused,
    Event.RESUMED: _resumed,
    Event.TRANSFERRED: _transferred,
    Event.PROPOSED: _proposed,
    Event.SPECIAL_CLOSED: _closed_specially,
    Event.RETURNED_FOR_REVIEW: _dissatisfied,
    Event.ESCALATED_DISSATISFIED: _dissatisfied,
    Event.REOPENED: _reopened,
    Event.NOTED: _officials,
}
