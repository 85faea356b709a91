"""Cells -> values. Each function takes the column's name and the cell.

They raise `InvalidInputError`, whose message names the column and says what is wrong.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from calls.numbers import to_e164
from complaints.errors import InvalidInputError
from complaints.words import clean

T = TypeVar("T")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,79}")
_LONGEST_TEXT = 200
_LONGEST_ADDRESS = 254  # RFC 5321
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_INDIAN = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_YEARS = range(1947, 2101)
# Devanagari in UTF-8, read as Windows-1252 or Latin-1 and saved again.
_MANGLED = re.compile("à[¤¥]|\ufffd")


def code(column: str, cell: str) -> str:
    """A key: Latin letters, digits and . _ : / - after the first; case matters."""
    if not _CODE.fullmatch(cell):
        raise InvalidInputError(column, f"is not a code: {_shown(cell)}" if cell else "is empty")
    return cell


def text(column: str, cell: str) -> str:
    """Words on one line, in NFC."""
    return text_of(_LONGEST_TEXT)(column, cell)


def text_of(longest: int) -> Callable[[str, str], str]:
    """The same, of so many characters at most."""

    def parse(column: str, cell: str) -> str:
        if _MANGLED.search(cell):
            raise InvalidInputError(column, "went through a wrong encoding")
        return clean(column, " ".join(cell.split()), longest)

    return parse


def yes_or_no(column: str, cell: str) -> bool:
    """`yes` or `no`."""
    if cell not in ("yes", "no"):
        raise InvalidInputError(column, f"is not yes or no: {_shown(cell)}")
    return cell == "yes"


def words(column: str, cell: str) -> tuple[str, ...]:
    """Words or phrases between semicolons, each once; none for an empty cell."""
    given = [text(column, one) for one in cell.split(";") if one.strip()]
    return tuple(dict.fromkeys(given))


def codes(column: str, cell: str) -> tuple[str, ...]:
    """Codes between semicolons, each once, in order of codes; none for an empty cell."""
    return tuple(sorted({code(column, one.strip()) for one in cell.split(";") if one.strip()}))


def whole(least: int, most: int) -> Callable[[str, str], int]:
    """A whole number from `least` to `most`, in Latin or Devanagari digits."""

    def parse(column: str, cell: str) -> int:
        if not re.fullmatch(r"\d{1,7}", cell) or not least <= int(cell) <= most:
            raise InvalidInputError(column, f"is not {least} to {most}: {_shown(cell)}")
        return int(cell)

    return parse


def phone(column: str, cell: str) -> str:
    """A telephone number, as E.164."""
    number = to_e164(cell)
    if number is None:
        raise InvalidInputError(column, f"is not a telephone number: {_shown(cell)}")
    return number


def email(column: str, cell: str) -> str:
    """An e-mail address: one, without a name before it."""
    if len(cell) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(cell):
        raise InvalidInputError(column, f"is not an e-mail address: {_shown(cell)}")
    return cell


def day(column: str, cell: str) -> date:
    """A day: 2025-11-22, or as written in India, 22-11-2025 or 22/11/2025."""
    if found := _ISO.fullmatch(cell):
        year, month, number = map(int, found.groups())
    elif found := _INDIAN.fullmatch(cell):
        number, month, year = map(int, found.groups())
    else:
        raise InvalidInputError(column, f"is not a date such as 2025-11-22: {_shown(cell)}")
    try:
        parsed = date(year, month, number)
    except ValueError as error:
        raise InvalidInputError(column, f"is no day: {_shown(cell)}") from error
    if year not in _YEARS:
        raise InvalidInputError(column, f"is not from {_YEARS[0]} to {_YEARS[-1]}: {_shown(cell)}")
    return parsed


def one_of(values: Sequence[str]) -> Callable[[str, str], str]:
    """One of a few words."""

    def parse(column: str, cell: str) -> str:
        if cell not in values:
            raise InvalidInputError(column, f"is not one of {', '.join(values)}: {_shown(cell)}")
        return cell

    return parse


def if_given(parse: Callable[[str, str], T], otherwise: T) -> Callable[[str, str], T]:
    """`otherwise` for an empty cell."""
    return lambda column, cell: parse(column, cell) if cell else otherwise


def nothing_or(parse: Callable[[str, str], T]) -> Callable[[str, str], T | None]:
    """None for an empty cell."""
    return lambda column, cell: parse(column, cell) if cell else None


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")
