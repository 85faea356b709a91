"""Telephone numbers: one form inside (E.164), whatever form a trunk or a person uses."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import phonenumbers

# Nine of ten callers have an Indian mobile number; the library takes 0.1 ms a number.
_INDIAN_MOBILE = re.compile(r"(?:\+91|0091|91|0)?([6-9][0-9]{9})", re.ASCII)
_SEPARATORS = re.compile(r"[\s().-]+")
_DIALLED = re.compile(r"\+?[0-9]{5,18}", re.ASCII)
_DEVANAGARI = str.maketrans("०१२३४५६७८९", "0123456789")
_MOBILE = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)
_LANDLINE = (phonenumbers.PhoneNumberType.FIXED_LINE,)
_LONGEST = len("+") + 15  # ITU-T E.164; the library's own limit is looser
ANY: Final = ("+",)
"""What every number begins with."""


def is_called(e164: str, prefixes: Sequence[str]) -> bool:
    """Whether it is one of those numbers that we call by ourselves: it begins with one of these.

    Who calls us can show any number, and may be paid for what is called there.
    """
    return e164.startswith(tuple(prefixes))


@lru_cache(maxsize=4096)
def is_mobile(e164: str) -> bool:
    """Whether it is a mobile's number as the numbering plan has it.

    Where the plan leaves it open (80 is Bengaluru, 8052 a mobile's) it counts as one: area codes in
    and around Uttar Pradesh begin with 1 and 5, where no mobile's number does.
    """
    return phonenumbers.number_type(phonenumbers.parse(e164)) in _MOBILE


@lru_cache(maxsize=4096)
def is_landline(e164: str) -> bool:
    """Whether the numbering plan has it as a landline's for certain: no SMS reaches it."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) in _LANDLINE


@lru_cache(maxsize=4096)
def to_e164(raw: str, region: str = "IN") -> str | None:
    """`raw` as E.164, or None when it is withheld or no telephone number.

    `+91`, `0091`, `91`, `0` and ten bare digits are the same Indian number. A foreign number
    needs its `+` or `00`. Devanagari digits count: that is how a number is written in Hindi.
    """
    digits = _SEPARATORS.sub("", raw).translate(_DEVANAGARI)
    if match := _INDIAN_MOBILE.fullmatch(digits):
        return f"+91{match[1]}"
    if not _DIALLED.fullmatch(digits):
        return None
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if len(e164) <= _LONGEST else None
