"""What an attached file is called: as it was given, but fit for a page, a log and a disk. Pure."""

import re
import unicodedata

from complaints.attachments.media import MediaType

LONGEST = 120
NAMELESS = "file"
_LONGEST_ENDING = 12
# Control characters, lone surrogates, private use, line and paragraph separators. Of the format
# characters joiners stay, Devanagari needs them; those that turn the reading direction go, since
# they make `gpj.exe` of `exe.jpg`.
_UNWANTED = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_FOLDERS = re.compile(r"[/\\]")


def clean_name(given: str) -> str:
    """The name's last part in NFC, of 1 to 120 characters, without what could mislead."""
    kept = "".join(map(_kept, given))
    parts = [_trimmed(part) for part in _FOLDERS.split(unicodedata.normalize("NFC", kept))]
    named = [part for part in parts if part]
    return _shortened(named[-1]) if named else NAMELESS


def handed_out_as(name: str, media_type: MediaType) -> str:
    """The name under which it is saved: it ends as what the file is, whatever it was called."""
    if name.lower().endswith(media_type.extensions):
        return name
    return name + media_type.extensions[0]


def _kept(one: str) -> str:
    if one in "\t\n\r":
        return " "
    return "" if one in _TURNING or unicodedata.category(one) in _UNWANTED else one


def _trimmed(part: str) -> str:
    """Blanks as single ones, none around it, and no dot at its ends."""
    return " ".join(part.split()).strip(" .")


def _shortened(name: str) -> str:
    """What is too long keeps its beginning and its ending."""
    if len(name) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > _LONGEST_ENDING:
        return name[:LONGEST].strip(" .")
    return name[: LONGEST - len(dot + ending)].strip(" .") + dot + ending
