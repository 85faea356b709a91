"""What people type or dictate, made fit to be stored."""

import re
import unicodedata

from complaints.errors import InputFault, InvalidInputError

# Control characters (Cc) but for line feed and tab, and lone surrogates (Cs); joiners (Cf) stay,
# Devanagari needs them.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(field: str, text: str, at_most: int) -> str:
    """`text` in NFC, without control characters and outer blanks.

    Raises `InvalidInputError` naming `field` when nothing is left, or over `at_most` characters.
    """
    cleaned = unicodedata.normalize("NFC", _UNWANTED.sub("", text)).strip()
    if not cleaned:
        raise InvalidInputError(field, "is empty", InputFault.EMPTY)
    if len(cleaned) > at_most:
        why = f"is longer than {at_most} characters"
        raise InvalidInputError(field, why, InputFault.TOO_LONG, most=at_most)
    return cleaned
