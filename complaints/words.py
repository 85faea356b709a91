"""What people type or dictate, made fit to be stored."""

import unicodedata

from complaints.errors import InputFault, InvalidInputError

# Control characters and lone surrogates; joiners (Cf) stay, Devanagari needs them.
_UNWANTED = {"Cc", "Cs"}


def clean(field: str, text: str, at_most: int) -> str:
    """`text` in NFC, without control characters and outer blanks.

    Raises `InvalidInputError` naming `field` when nothing is left, or over `at_most` characters.
    """
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNWANTED)
    cleaned = unicodedata.normalize("NFC", kept).strip()
    if not cleaned:
        raise InvalidInputError(field, "is empty", InputFault.EMPTY)
    if len(cleaned) > at_most:
        why = f"is longer than {at_most} characters"
        raise InvalidInputError(field, why, InputFault.TOO_LONG, most=at_most)
    return cleaned
