"""How long an SMS is, as operators count and charge it (3GPP TS 23.038 and 23.040).

A text in the GSM alphabet has 160 septets, or 153 in each part of several; any other (Hindi always)
is UCS-2 with 70 characters, or 67 in each part. An escaped character is not cut in two, and neither
is one that needs two UTF-16 units. National shift tables are not used: few networks have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")
_GSM7 = _BASIC | _ESCAPED


class Encoding(StrEnum):
    """How the characters travel."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Length:
    """`units`: septets or UTF-16 units. `parts`: 1 for an empty text, too."""

    encoding: Encoding
    units: int
    parts: int


def measure(text: str) -> Length:
    """The length of `text` as an SMS."""
    if _GSM7.issuperset(text):
        escaped = not _BASIC.issuperset(text)
        costs = [2 if character in _ESCAPED else 1 for character in text] if escaped else None
        return _length(Encoding.GSM7, text, costs, single=160, part=153)
    large = max(text) > "\uffff"
    costs = [2 if ord(character) > 0xFFFF else 1 for character in text] if large else None
    return _length(Encoding.UCS2, text, costs, single=70, part=67)


def _length(
    encoding: Encoding, text: str, costs: Sequence[int] | None, *, single: int, part: int
) -> Length:
    """`costs`: units of each character; None: one each, as nearly always, and quicker."""
    units = len(text) if costs is None else sum(costs)
    if units <= single:
        return Length(encoding, units, 1)
    return Length(encoding, units, -(-units // part) if costs is None else _parts(costs, part))


def _parts(costs: Sequence[int], part: int) -> int:
    parts, filled = 1, 0
    for cost in costs:
        if filled + cost > part:
            parts, filled = parts + 1, 0
        filled += cost
    return parts
