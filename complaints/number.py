"""Complaint numbers: nine digits, spoken and keyed on telephones.

Eight digits of serial and a check digit by H. M. Damm's totally anti-symmetric quasigroup of
order 10, which catches every single wrong digit and every swap of neighbours.
"""

import re

from complaints.errors import InvalidComplaintNumberError

# Damm, "Total anti-symmetrische Quasigruppen", dissertation, Marburg 2004: row = interim digit.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_LARGEST_SERIAL = 99_999_999
_NINE_DIGITS = re.compile(r"[0-9]{9}", re.ASCII)
_SEPARATORS = re.compile(r"[\s\-./]+")
_DEVANAGARI = str.maketrans("०१२३४५६७८९", "0123456789")


def make(serial: int) -> str:
    """The complaint number of a serial (0 to 99,999,999)."""
    if not 0 <= serial <= _LARGEST_SERIAL:
        raise ValueError(f"a serial has at most eight digits: {serial}")
    digits = f"{serial:08d}"
    return f"{digits}{_damm(digits)}"


def normalise(text: str) -> str:
    """`text` with Devanagari digits as 0-9 and without blanks and separators."""
    return _SEPARATORS.sub("", text.translate(_DEVANAGARI))


def is_valid(text: str) -> bool:
    """Whether `text`, however written, is a complaint number whose check digit fits."""
    digits = normalise(text)
    return _NINE_DIGITS.fullmatch(digits) is not None and _damm(digits) == 0


def parse(text: str) -> str:
    """`text` as nine plain digits. Raises `InvalidComplaintNumberError`."""
    if not is_valid(text):
        raise InvalidComplaintNumberError
    return normalise(text)


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
