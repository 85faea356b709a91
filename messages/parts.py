"""How long an SMS is, as operators count and charge it (3GPP TS 23.038 and 23.040).

A text in the GSM alphabet has 160 septets, or 153 in each part of several; any other (Hindi always)
is UCS-2 with 70 characters, or 67 in each part. An escaped character is not cut in two, and neither
is one that needs two UTF-16 units. National shift tables are not used: few networks have them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")


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
    if _BASIC.union(_ESCAPED).issuperset(text):
        costs = [2 if character in _ESCAPED else 1 for character in text]
        return _length(Encoding.GSM7, costs, single=160, part=153)
    costs = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return _length(Encoding.UCS2, costs, single=70, part=67)


def _length(encoding: Encoding, costs: list[int], *, single: int, part: int) -> Length:
    units = sum(costs)
    return Length(encoding, units, 1 if units <= single else _parts(costs, part))


def _parts(costs: Iterable[int], part: int) -> int:
    parts, filled = 1, 0
    for cost in costs:
        if filled + cost > part:
            parts, filled = parts + 1, 0
        filled += cost
    return parts
