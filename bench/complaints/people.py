"""Citizens and their numbers, each found again from a serial: people have several, share some."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from bench.complaints.rows import Page, key_at

_FIRST = (
    "रामप्यारी",
    "सुरेश",
    "मोहम्मद आरिफ",
    "सीता",
    "राजेश",
    "कमला",
    "अनिल",
    "फातिमा",
    "विजय",
    "गीता",
)
_LAST = ("देवी", "कुमार", "यादव", "खान", "सिंह", "वर्मा", "गुप्ता", "पाल", "मौर्य", "तिवारी", "निषाद")
_SHARES_A_PHONE, _HAS_A_SECOND = 7, 5  # every n-th citizen
_SPREAD = 0x9E3779B97F4A7C15  # odd: every serial gets its own bits
_NUMBERS = 4_000_000_000  # Indian mobiles from 6 to 9 are as many
_STRIDE = 2_654_435_761  # prime: numbers lie apart, as drawn ones would
_HEAVY = 20  # citizens who complain again and again
_HEAVY_SHARE, _AGAIN_SHARE = 0.002, 0.30

CITIZENS_PER_COMPLAINT = 0.6


@dataclass(frozen=True, slots=True)
class Citizen:
    """`numbers`: the first is the one that feedback calls go to."""

    id: UUID
    name: str
    numbers: tuple[str, ...]


def citizen(serial: int, since: datetime) -> Citizen:
    """The citizen of a serial (0, 1, ...), known `since`."""
    phone = serial - 1 if serial % _SHARES_A_PHONE == 1 else serial
    numbers = [_number(2 * phone)]
    if serial % _HAS_A_SECOND == 0:
        numbers.append(_number(2 * serial + 1))
    first, last = _FIRST[serial % len(_FIRST)], _LAST[serial // len(_FIRST) % len(_LAST)]
    bits = serial * _SPREAD & (1 << 62) - 1
    return Citizen(key_at(since, bits), f"{first} {last}", tuple(numbers))


def who_complains(newest: int, rng: Random) -> int:
    """A serial up to `newest`: mostly that one, some that are known already, a few always."""
    drawn = rng.random()
    if drawn < _HEAVY_SHARE:
        return int(min(_HEAVY, newest) * rng.random())
    if drawn < _HEAVY_SHARE + _AGAIN_SHARE:
        return int(newest * rng.random())
    return newest


def write(page: Page, one: Citizen, since: datetime) -> None:
    """The citizen's rows."""
    page.add("citizen", one.id, one.name, "hi", since)
    for number in one.numbers:
        page.add("citizen_number", one.id, number)


def _number(serial: int) -> str:
    return f"+91{6_000_000_000 + serial * _STRIDE % _NUMBERS}"
