"""What a citizen brought, as the first entry of its history keeps it. Pure.

It stands within that entry's hash: codes and marks as they were; the words, the number and whose
they are as one SHA-256. So a row that was changed past its history shows (`changed`).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from complaints.entry_words import changes
from complaints.history import Event

_Row = asyncpg.Record | Mapping[str, Any]
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_SAID = ("citizen_id", "contact", "text_hi", "source", "confirmed_by")
_CODES = ("kind", "category", "place")
_PUT_ON = {"confidential": Event.MADE_CONFIDENTIAL, "incident": Event.MADE_INCIDENT}


def sealed(complaint: _Row) -> str:
    """As JSON. `complaint`: the columns of its row."""
    codes = {name: str(complaint[name]) for name in _CODES}
    marks = {name: bool(complaint[name]) for name in _PUT_ON}
    return _CANONICAL.encode({**codes, **marks, "sha256": _digest(complaint)})


def changed(complaint: _Row, chain: Sequence[_Row]) -> list[str]:
    """What the row says otherwise than was brought, or than its history made of it since.

    `chain`: the history's rows, oldest first, found to be whole. Of what was registered before this
    was written down nothing is known.
    """
    if not chain[0]["brought"]:
        return []
    told = json.loads(chain[0]["brought"])
    faults = [
        f"its {name} is {complaint[name]}, but its history says otherwise"
        for name, values in _could_be(told, chain).items()
        if complaint[name] not in values
    ]
    if told["sha256"] != _digest(complaint):
        faults.append("what the citizen said, or who said it, is not what was registered")
    return faults


def _could_be(told: Mapping[str, Any], chain: Sequence[_Row]) -> dict[str, set[object]]:
    """By the history. A correction may also be words of the CM's team that read like one, and
    nothing was corrected: what it was before is not ruled out.
    """
    found: dict[str, set[object]] = {name: {told[name]} for name in _CODES}
    for entry in chain:
        if entry["event"] == Event.FORWARDED:
            for what, was, now in changes(entry["reason"]):
                found[what] |= {now} if was in found[what] else set()
    for mark, put_on in _PUT_ON.items():
        found[mark] = {told[mark] or any(entry["event"] == put_on for entry in chain)}
    return found


def _digest(complaint: _Row) -> str:
    said = {name: complaint[name] and str(complaint[name]) for name in _SAID}
    return hashlib.sha256(_CANONICAL.encode(said).encode()).hexdigest()
