"""An entry of the history as an officer may read it: what happened, by whom, in whose words. Pure.

What an agent wrote to make sure who was speaking, and agents' own notes, are for us: they may tell
who complains. The citizen's words about the matter are the officer's business.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from complaints import texts
from complaints.history import Entry, Event
from complaints.lifecycle import ProposalKind
from complaints.texts import DissatisfactionReason
from complaints.wording import HINDI, Wording

#: Posts by their key, departments by `to ` and their code, categories and places by `category ` or
#: `place ` and theirs, as people read them.
Names = Mapping[str, str]

_CHANGE = re.compile(r"(category|place) (\S+) -> ([^\s;:]+)")
#: How the entry of a corrected mapping begins (`moving.corrected_words`).
_CORRECTED = re.compile(rf"{_CHANGE.pattern}(?:; {_CHANGE.pattern})?(?=: |$)")
_EXPECTED = "expected by "
_PROOF = "identity confirmed: "
_OFFICIAL = {"officer", "post", "user", "cm_office"}
#: Whose remark an operator typed stands before it (`helpline complaint comment --by`).
_TYPED = "operator"


@dataclass(frozen=True, slots=True)
class Line:
    """`by` and `words` may be empty."""

    at: datetime
    what: str
    by: str
    words: str


def lines(history: Sequence[Entry], names: Names, wording: Wording = HINDI) -> list[Line]:
    """A history for an officer's eyes; whole, oldest first."""
    return [
        Line(
            entry.at,
            wording.event(entry),
            by(entry, before, names, wording),
            words(entry, names, wording),
        )
        for before, entry in zip((None, *history), history, strict=False)
    ]


def corrected(history: Sequence[Entry]) -> list[str]:
    """The codes of categories and places that mappings were corrected from and to."""
    found = (changes(one.reason) for one in history if one.event is Event.FORWARDED)
    return sorted({code for some in found for _, was, now in some for code in (was, now)})


def changes(reason: str) -> list[tuple[str, str, str]]:
    """What a mapping was corrected in: (`category` or `place`, what it was, what it is)."""
    found = _CORRECTED.match(reason)
    each = _CHANGE.finditer(found.group()) if found else ()
    return [(one[1], one[2], one[3]) for one in each]


def words(entry: Entry, names: Names, wording: Wording = HINDI) -> str:
    """What was said or written, as far as officers may read it."""
    return _WORDS.get(entry.event, _nothing)(entry, names, wording)


def by(entry: Entry, before: Entry | None, names: Names, wording: Wording) -> str:
    """Who did it: an officer by the title of their post, never a citizen's name.

    Of a person it is that of the post that had the complaint after the entry `before`; not where
    something was proposed there, since the next level may have decided.
    """
    kind, _, name = entry.actor.partition(":")
    if kind in ("officer", "post", "user"):
        had = before.post if before and before.event is not Event.PROPOSED else None
        return names.get(name) or names.get(had or "") or wording.officer
    return wording.actors.get(kind, wording.helpline).format(name=name).strip()


def _nothing(_entry: Entry, _names: Names, _wording: Wording) -> str:
    return ""


def _as_said(entry: Entry, _names: Names, _wording: Wording) -> str:
    return entry.reason


def _interim(entry: Entry, _names: Names, wording: Wording) -> str:
    expected, _, text = entry.reason.removeprefix(_EXPECTED).partition(": ")
    try:
        by_then = texts.clock(datetime.fromisoformat(expected))
    except ValueError:  # no interim reply of ours: as it stands
        return entry.reason
    return wording.interim.format(text=text, by_then=by_then)


def _paused(entry: Entry, _names: Names, wording: Wording) -> str:
    code, _, text = entry.reason.partition(": ")
    return f"{wording.pauses.get(code, code)}: {text}"


def _resumed(entry: Entry, _names: Names, wording: Wording) -> str:
    return wording.longest_pause if entry.actor == "clock" else entry.reason


def _transferred(entry: Entry, names: Names, _wording: Wording) -> str:
    where, _, text = entry.reason.partition(": ")
    return f"{names.get(where, where.removeprefix('to '))}: {text}"


def _proposed(entry: Entry, names: Names, wording: Wording) -> str:
    about, _, text = entry.reason.partition(": ")
    kind, _, what = about.partition(" ")
    if kind == ProposalKind.TRANSFER:
        named = names.get(f"to {what}", what)
    else:
        named = wording.special_reasons.get(what, what)
    return f"{wording.proposals.get(kind, kind)} ({named}): {text}"


def _closed_specially(entry: Entry, _names: Names, wording: Wording) -> str:
    code, _, text = entry.reason.partition(": ")
    return f"{wording.special_reasons.get(code, code)}: {text}"


def _disposed(entry: Entry, _names: Names, wording: Wording) -> str:
    code, _, text = entry.reason.partition(": ")
    # Entries from before the kind was told are the report alone.
    return f"{wording.disposals[code]}: {text}" if code in wording.disposals else entry.reason


def _forwarded(entry: Entry, names: Names, _wording: Wording) -> str:
    if entry.actor == "clock":
        return ""
    if not (corrected := _CORRECTED.match(entry.reason)):
        return entry.reason

    def named(change: re.Match[str]) -> str:
        what, *codes = change.groups()
        return " → ".join(names.get(f"{what} {code}", code) for code in codes)

    return _CHANGE.sub(named, corrected.group()) + entry.reason[corrected.end() :]


def _dissatisfied(entry: Entry, _names: Names, wording: Wording) -> str:
    known = not entry.reason or entry.reason in set(DissatisfactionReason)
    return wording.reason(entry.reason) if known else entry.reason


def _reopened(entry: Entry, _names: Names, wording: Wording) -> str:
    code, colon, rest = entry.reason.partition(": ")
    known = code in set(DissatisfactionReason)
    said = rest if known and colon else "" if known else entry.reason
    text = said.split(_PROOF)[0].rstrip("; ")
    return ": ".join(filter(None, [wording.reason(code if known else None), text]))


def _officials(entry: Entry, _names: Names, _wording: Wording) -> str:
    kind = entry.actor.partition(":")[0]
    whose = entry.reason.partition(":")[0] if kind == _TYPED else kind
    return entry.reason if whose in _OFFICIAL else ""


_WORDS: dict[Event, Callable[[Entry, Names, Wording], str]] = {
    **dict.fromkeys(
        (
            *(Event.ANSWERED, Event.ADDED, Event.WRONG_MAPPING, Event.REFUSED),
            *(Event.ADVISED, Event.MERGED_HERE),
        ),
        _as_said,
    ),
    Event.DISPOSED: _disposed,
    Event.FORWARDED: _forwarded,
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
