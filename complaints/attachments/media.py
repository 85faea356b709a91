"""What a file is, by its bytes; what it is called says nothing. Pure.

Signatures: PDF ISO 32000-1 7.5.2, JPEG ITU-T T.81, PNG W3C, WebP RFC 9649, HEIF ISO/IEC 23008-12,
WAV RIFF, MP3 ISO/IEC 11172-3 and ID3v2, Opus RFC 7845.
"""

import re
from enum import StrEnum

#: Bytes from a file's beginning that suffice to tell.
HEAD = 64

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_PDF = re.compile(rb"%PDF-[12]\.[0-9]")
_OGG_PAGE = 28  # of a header and one segment: what a stream's first page begins with


class MediaType(StrEnum):
    """What we take."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    WAV = "audio/wav"
    MP3 = "audio/mpeg"
    OPUS = "audio/ogg"

    @property
    def extensions(self) -> tuple[str, ...]:
        """What its files' names end with; the first is the one that we give."""
        return _EXTENSIONS[self]

    @property
    def shown(self) -> bool:
        """Whether a browser may show it; anything else it is to save, and not to open."""
        return self in _SHOWN


_EXTENSIONS = {
    MediaType.PDF: (".pdf",),
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.PNG: (".png",),
    MediaType.WEBP: (".webp",),
    MediaType.HEIC: (".heic", ".heif"),
    MediaType.WAV: (".wav",),
    MediaType.MP3: (".mp3",),
    MediaType.OPUS: (".opus", ".ogg", ".oga"),
}
_SHOWN = {MediaType.PDF, MediaType.JPEG, MediaType.PNG, MediaType.WEBP}

#: For the one who is refused.
TAKEN = "PDF, JPEG, PNG, WebP, HEIC, WAV, MP3 or Opus"


def media_of(head: bytes) -> MediaType | None:
    """What a file with these first bytes (`HEAD` of them, or all) is; None: nothing that we take.

    The signature stands at the very beginning: files that are two things at once mostly hide the
    second one in front of the first.
    """
    if _PDF.match(head):
        return MediaType.PDF
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return MediaType.PNG
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return MediaType.HEIC
    if head.startswith(b"RIFF"):
        return _riff(head)
    if head.startswith(b"OggS\0") and head[_OGG_PAGE:].startswith(b"OpusHead"):
        return MediaType.OPUS
    return MediaType.MP3 if _is_mp3(head) else None


def _riff(head: bytes) -> MediaType | None:
    if head[8:12] == b"WEBP" and head[12:15] == b"VP8":
        return MediaType.WEBP
    return MediaType.WAV if head[8:16] == b"WAVEfmt " else None


def _is_mp3(head: bytes) -> bool:
    """By its tag, or by a first frame of layer III whose bit and sampling rates exist."""
    if head.startswith(b"ID3"):
        return len(head) >= 10 and 2 <= head[3] <= 4 and all(size < 0x80 for size in head[6:10])
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return False
    return head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3
