"""Sealed files: AES-256-GCM in segments, so that any part can be read, and no part be changed.

A sealed file is a header of 32 bytes (magic, the object's id, segment size) and segments of 64 KiB
of plain bytes with a tag of 16 bytes each; the last one is shorter, or whole. The nonce is the
segment's index and whether it is the last; the header is authenticated with every segment. A key
seals one file and no other, so nonces cannot repeat, and segments that are cut off, moved, or
taken from another file do not open. The construction is STREAM (Hoang, Reyhanitabar, Rogaway,
Vizar, 2015). Pure but for the cipher.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.errors import SealBrokenError

SEGMENT = 64 * 1024
TAG = 16
HEADER = 32
KEY_BYTES = 32
_MAGIC = b"HL-SEAL1"
_WHOLE = SEGMENT + TAG


@dataclass(frozen=True, slots=True)
class Span:
    """Which segments cover a range, and where their sealed bytes lie in the file."""

    first: int
    last: int
    start: int
    end: int


def sealed_size(plain: int) -> int:
    """How large a file of `plain` bytes is when it is sealed."""
    return HEADER + plain + segments(plain) * TAG


def segments(plain: int) -> int:
    """How many segments hold `plain` bytes: at least one, so that an empty file has a tag too."""
    return max(1, -(-plain // SEGMENT))


def covering(start: int, end: int, plain: int) -> Span:
    """The segments that hold the bytes `start` to `end` (exclusive) of `plain` bytes.

    Raises `ValueError` for a range that is not within the file.
    """
    if not 0 <= start <= end <= plain:
        raise ValueError(f"no bytes {start} to {end} in {plain}")
    first = min(start // SEGMENT, segments(plain) - 1)
    last = max(first, (end - 1) // SEGMENT)
    return Span(
        first, last, HEADER + first * _WHOLE, min(HEADER + (last + 1) * _WHOLE, sealed_size(plain))
    )


class Seal:
    """The cipher of one file: its key (32 bytes) and its id."""

    def __init__(self, key: bytes, object_id: UUID) -> None:
        self._cipher = AESGCM(key)
        self._header = _MAGIC + object_id.bytes + SEGMENT.to_bytes(4, "big") + bytes(4)

    def close(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The sealed file of these bytes, piece by piece. Once for one key."""
        yield self._header
        waiting = bytearray()
        index = 0
        for piece in pieces:
            waiting += piece
            while len(waiting) > SEGMENT:  # a whole one may still turn out to be the last
                yield self._encrypt(index, bytes(waiting[:SEGMENT]), last=False)
                del waiting[:SEGMENT]
                index += 1
        yield self._encrypt(index, bytes(waiting), last=True)

    def open(self, sealed: bytes, start: int, end: int, plain: int) -> bytes:
        """The bytes `start` to `end` out of the sealed bytes of `covering(start, end, plain)`.

        Raises `SealBrokenError`.
        """
        span = covering(start, end, plain)
        if len(sealed) != span.end - span.start:
            raise SealBrokenError(f"{len(sealed)} bytes instead of {span.end - span.start}")
        final = segments(plain) - 1
        opened = b"".join(
            self._decrypt(index, sealed[at : at + _WHOLE], last=index == final)
            for index, at in zip(
                range(span.first, span.last + 1), range(0, len(sealed), _WHOLE), strict=True
            )
        )
        offset = span.first * SEGMENT
        return opened[start - offset : end - offset]

    def check_header(self, header: bytes) -> None:
        """Raises `SealBrokenError` when the file begins otherwise."""
        if header != self._header:
            raise SealBrokenError("the header is another file's")

    def _encrypt(self, index: int, piece: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(_nonce(index, last=last), piece, self._header)

    def _decrypt(self, index: int, piece: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(index, last=last), piece, self._header)
        except (InvalidTag, ValueError) as error:  # ValueError: shorter than a tag
            raise SealBrokenError(f"segment {index} is not what was sealed") from error


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\1" if last else b"\0")
